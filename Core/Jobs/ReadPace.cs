namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Keeps a reader under a rate. Time that was not used is not saved up: after a pause the rate holds at once, so that a long wait is
/// never followed by a burst. Not thread-safe.
/// </summary>
internal sealed class ReadPace(long bytesPerSecond, TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();
    private TimeSpan _paidUntil = TimeSpan.Zero;

    /// <summary>Called after each read: waits until its bytes are paid for, the time that the read itself took included.</summary>
    public async Task SpendAsync(long bytes, CancellationToken cancellationToken)
    {
        var now = time.GetElapsedTime(_origin);
        var cost = TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        var start = now - cost;
        _paidUntil = (_paidUntil > start ? _paidUntil : start) + cost;
        if (_paidUntil > now)
            await Task.Delay(_paidUntil - now, time, cancellationToken);
    }
}
