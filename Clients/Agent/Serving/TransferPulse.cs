namespace ChunkUpload.Agent.Serving;

/// <summary>Wakes the sender of a transfer before its next report is due. Safe for concurrent use; one sender waits.</summary>
/// <param name="attempt">The number of the attempt that is sent.</param>
internal sealed class TransferPulse(int attempt, TimeProvider time)
{
    private TaskCompletionSource _next = NewSignal();

    public int Attempt => attempt;

    /// <summary>Gets a value that indicates whether the service has said that the attempt has ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Wakes the sender.</summary>
    public void Set() => Volatile.Read(ref _next).TrySetResult();

    /// <summary>Wakes the sender because the attempt has ended.</summary>
    public void End()
    {
        HasEnded = true;
        Set();
    }

    /// <summary>Waits until the sender is woken, or for this time.</summary>
    public async Task WaitAsync(TimeSpan most, CancellationToken stop)
    {
        try
        {
            await Volatile.Read(ref _next).Task.WaitAsync(most, time, stop);
            // What wakes the sender from now on is not known to it yet.
            Volatile.Write(ref _next, NewSignal());
        }
        catch (TimeoutException)
        {
            // The report is due.
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
