namespace ChunkUpload.Client.Http;

/// <summary>Ends a request in which nothing moves: a laptop that slept, a proxy that hangs, a network that is gone.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _stalled;
    private readonly CancellationToken _stop;
    private readonly SilenceWatch? _watch;
    private readonly CancellationToken _dead;
    private readonly CancellationTokenRegistration _registration;
    private CancellationTokenSource? _either;
    private TimeSpan _limit;

    /// <param name="watch">Finds out, for all requests of a transfer, that their connections are dead.</param>
    public StallGuard(TimeProvider time, TimeSpan limit, CancellationToken stop, SilenceWatch? watch = null)
    {
        (_stalled, _stop, _limit, _watch) = (new CancellationTokenSource(limit, time), stop, limit, watch);
        _dead = watch?.Begin() ?? CancellationToken.None;
        _registration = _dead.UnsafeRegister(static stalled => ((CancellationTokenSource)stalled!).Cancel(), _stalled);
    }

    public CancellationToken Token => (_either ??= CancellationTokenSource.CreateLinkedTokenSource(_stalled.Token, _stop)).Token;

    /// <summary>Gets a value that indicates whether the limit, and not the caller, ended the request.</summary>
    public bool HasStalled => _stalled.IsCancellationRequested && !_stop.IsCancellationRequested;

    /// <summary>Gets a value that indicates whether the request ended because its connection was known to be dead.</summary>
    public bool IsDead => _dead.IsCancellationRequested && HasStalled;

    public TimeSpan Limit => _limit;

    /// <summary>Bytes have moved.</summary>
    public void Moved()
    {
        _stalled.CancelAfter(_limit);
        _watch?.Moved();
    }

    /// <summary>From now on another limit holds.</summary>
    public void Allow(TimeSpan limit)
    {
        _limit = limit;
        _stalled.CancelAfter(limit);
    }

    public void Dispose()
    {
        _watch?.End();
        _registration.Dispose();
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
