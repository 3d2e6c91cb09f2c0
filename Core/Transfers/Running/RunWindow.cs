namespace ChunkUpload.Core.Transfers.Running;

/// <summary>The time in which work on a transfer may run, by its timetable.</summary>
internal sealed class RunWindow(TransferTimes? times, TimeProvider time) : IDisposable
{
    private CancellationTokenSource? _end;
    private CancellationTokenSource? _either;

    /// <summary>Makes the transfer wait if it may not run now, and ends that wait if it may.</summary>
    /// <returns>Whether it must wait.</returns>
    public async Task<bool> WaitAsync(ITransferWorkLedger ledger, Transfer transfer, CancellationToken cancellationToken)
    {
        var until = times?.ClosedUntil(time.GetUtcNow());
        if (until is not null || transfer.Wait?.Reason == WaitReason.Window)
            await ledger.SetWindowAsync(transfer.Id, until, cancellationToken);
        return until is not null;
    }

    /// <summary>Returns a token that is also cancelled when the window closes.</summary>
    public CancellationToken Within(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (times?.OpenUntil(now) is not { } until)
            return cancellationToken;
        _end = new CancellationTokenSource(until - now, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, cancellationToken);
        return _either.Token;
    }

    public void Dispose()
    {
        _either?.Dispose();
        _end?.Dispose();
    }
}
