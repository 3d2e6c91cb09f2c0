namespace ChunkUpload.Client.Http;

/// <summary>Ends a request in which nothing moves: a laptop that slept, a proxy that hangs, a network that is gone.</summary>
internal sealed class StallGuard(TimeProvider time, TimeSpan limit, CancellationToken stop) : IDisposable
{
    private readonly CancellationTokenSource _stalled = new(limit, time);
    private readonly CancellationToken _stop = stop;
    private CancellationTokenSource? _either;
    private TimeSpan _limit = limit;

    public CancellationToken Token => (_either ??= CancellationTokenSource.CreateLinkedTokenSource(_stalled.Token, _stop)).Token;

    /// <summary>Whether the limit, and not the caller, ended the request.</summary>
    public bool HasStalled => _stalled.IsCancellationRequested && !_stop.IsCancellationRequested;

    public TimeSpan Limit => _limit;

    /// <summary>Bytes have moved.</summary>
    public void Moved() => _stalled.CancelAfter(_limit);

    /// <summary>From now on another limit holds.</summary>
    public void Allow(TimeSpan limit)
    {
        _limit = limit;
        _stalled.CancelAfter(limit);
    }

    public void Dispose()
    {
        _either?.Dispose();
        _stalled.Dispose();
    }
}

internal static class StallGuards
{
    /// <summary>Waits until bytes may move under all limits; the guard sees that the wait is no stall.</summary>
    public static async ValueTask TakeAsync(
        this StallGuard? guard, IReadOnlyList<BandwidthLimit> limits, int bytes, CancellationToken stop)
    {
        foreach (var limit in limits)
            await limit.TakeAsync(bytes, guard is null ? null : guard.Moved, stop);
    }
}
