using System.Collections.Concurrent;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Transfers;

/// <summary>
/// The work of this process on transfers. Once a second it looks whether a transfer was paused or cancelled and whether its owner may still
/// do this, and stops what must not go on; a piece may take minutes.
/// </summary>
public sealed class RunningTransfers(
    ITransferWorkLedger ledger, TransferOwners owners, TransferEngineOptions options, TimeProvider time, ILogger<RunningTransfers> log)
    : PeriodicStep(options.WatchEvery, time, log)
{
    /// <summary>How long calls to providers are shown.</summary>
    private static readonly TimeSpan KeepCalls = TimeSpan.FromDays(7);

    private static readonly TimeSpan TrimEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<long, (Transfer Transfer, CancellationTokenSource Stop)> _running = new();
    private long _last;
    private DateTimeOffset _trimAt;

    public override int Order => StartOrder.Background + 20;

    public override string Name => "transfers";

    /// <summary>Registers work on a transfer until the result is disposed.</summary>
    internal Registration Begin(Transfer transfer, CancellationToken cancellationToken)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var id = Interlocked.Increment(ref _last);
        _running[id] = (transfer, stop);
        return new Registration(this, id, stop);
    }

    /// <summary>Stops the work on a transfer at once.</summary>
    public void Stop(Guid transfer)
    {
        foreach (var (running, stop) in _running.Values)
        {
            if (running.Id == transfer)
                Cancel(stop);
        }
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        if (Time.GetUtcNow() >= _trimAt)
        {
            _trimAt = Time.GetUtcNow() + TrimEvery;
            _ = await ledger.TrimAsync(KeepCalls, cancellationToken);
        }

        if (_running.IsEmpty)
            return;
        var running = _running.Values.Select(one => one.Transfer).DistinctBy(one => one.Id).ToList();
        foreach (var stopped in await ledger.StoppedAsync([.. running.Select(one => one.Id)], cancellationToken))
            Stop(stopped);
        foreach (var transfer in running)
        {
            if (await owners.CallerAsync(transfer, cancellationToken) is null)
                Stop(transfer.Id);
        }
    }

    private static void Cancel(CancellationTokenSource stop)
    {
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work has just ended.
        }
    }

    internal sealed class Registration(RunningTransfers all, long id, CancellationTokenSource stop) : IDisposable
    {
        public CancellationToken Token { get; } = stop.Token;

        public void Dispose()
        {
            _ = all._running.TryRemove(id, out _);
            stop.Dispose();
        }
    }
}
