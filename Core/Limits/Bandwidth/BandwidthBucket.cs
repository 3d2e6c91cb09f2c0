namespace ChunkUpload.Core.Limits;

/// <summary>
/// The bytes that may pass now under one limit. It falls below zero when a batch is larger than what is left; then none passes until it has
/// filled up again. The scheduler's lock guards it.
/// </summary>
/// <param name="part">The part of a rate that this node has.</param>
internal sealed class BandwidthBucket(LimitTarget target, Func<LimitTarget, long, long> part)
{
    /// <summary>Up to this number of seconds, a timer that fires late on a busy machine costs no bandwidth.</summary>
    private const double MostSaved = 0.2;

    // The debt in seconds that is kept when a limit is lowered: bytes that passed under the old limit must not block flows for longer.
    private const double MostOwed = 1;

    private double _tokens, _refilledAt;
    private long _second, _passed, _passedBefore;

    public LimitTarget Target => target;

    /// <summary>The bytes a second that may pass at this node; null at hours without a limit.</summary>
    public long? Rate { get; private set; }

    public BandwidthTimetable Timetable { get; private set; } = null!;

    /// <summary>How many flows pass here.</summary>
    public int Flows { get; set; }

    /// <summary>The weight of the flows that wait here for their bytes.</summary>
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
        // A fresh limit lets the first batch pass.
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

    /// <summary>Counts what has passed, for the overview of limits.</summary>
    public void Count(long bytes, double now)
    {
        BeginSecond(now);
        _passed += bytes;
    }

    /// <summary>Bytes of the last whole second.</summary>
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
