namespace ChunkUpload.Core.Jobs;

/// <summary>Limits the rate of a reader. Unused time is not saved up, so that a burst never follows a pause. Not thread-safe.</summary>
internal sealed class ReadPace(long bytesPerSecond, TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();
    private TimeSpan _paidUntil = TimeSpan.Zero;

    /// <summary>Called after each read. Waits until the bytes fit the rate, counting the time that the read itself took.</summary>
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
