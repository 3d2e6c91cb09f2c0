namespace ChunkUpload.Core.Limits;

/// <summary>
/// The bytes that may pass now under one limit. The number is negative after a batch that was larger than the rest; then nothing passes
/// until it is positive again. The scheduler's lock guards the bucket.
/// </summary>
/// <param name="part">Returns the part of a rate that this node has.</param>
internal sealed class BandwidthBucket(LimitTarget target, Func<LimitTarget, long, long> part)
{
    /// <summary>The delay in seconds up to which a timer that fires late on a busy machine costs no bandwidth.</summary>
    private const double MostSaved = 0.2;

    // The debt in seconds that remains when a limit is lowered: bytes that passed under the old limit must not block flows for longer.
    private const double MostOwed = 1;

    private double _tokens, _refilledAt;
    private long _second, _passed, _passedBefore;

    public LimitTarget Target => target;

    /// <summary>The bytes per second that may pass at this node; null in hours without a limit.</summary>
    public long? Rate { get; private set; }

    public BandwidthTimetable Timetable { get; private set; } = null!;

    /// <summary>The number of flows under the limit.</summary>
    public int Flows { get; set; }

    /// <summary>The weight of the flows that wait for bytes of this bucket.</summary>
    public int Waiting { get; set; }

    public bool IsEmpty => Rate is not null && _tokens <= 0;

    /// <returns>Whether the rate has changed.</returns>
    public bool Set(BandwidthTimetable timetable, DateTime local, double now)
    {
        (Timetable, var before) = (timetable, Rate);
        Rate = timetable.At(local) is { } rate ? part(target, rate) : null;
        if (Rate == before)
            return false;
        _refilledAt = now;
        _tokens = Math.Clamp(_tokens, -(Rate ?? 0) * MostOwed, (Rate ?? 0) * MostSaved);
        // Under a new limit, the first batch passes.
        if (before is null)
            _tokens = 1;
        return true;
    }

    public void Refill(double now)
    {
        if (Rate is not { } rate)
            return;
        _tokens = Math.Min(rate * MostSaved, _tokens + (rate * (now - _refilledAt)));
        _refilledAt = now;
    }

    public void Take(double bytes)
    {
        if (Rate is not null)
            _tokens -= bytes;
    }

    /// <summary>Counts bytes that have passed, for the overview of limits.</summary>
    public void Count(long bytes, double now)
    {
        BeginSecond(now);
        _passed += bytes;
    }

    /// <summary>Returns the bytes of the last whole second.</summary>
    public long Measured(double now)
    {
        BeginSecond(now);
        return _passedBefore;
    }

    private void BeginSecond(double now)
    {
        var second = (long)now;
        if (second == _second)
            return;
        _passedBefore = second == _second + 1 ? _passed : 0;
        (_second, _passed) = (second, 0);
    }
}
