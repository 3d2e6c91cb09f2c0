namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Follows the requests of one upload and keeps the figures of its network. Not thread-safe. Times are seconds of a monotonic clock; a
/// jump or a step back costs one sample and nothing else.
/// </summary>
public sealed class NetworkState
{
    /// <summary>Seconds between two samples of a body.</summary>
    public const double TickSeconds = 0.25;

    // The same as the fast average's.
    private const double ReportHalfLife = 4;

    // A longer pause is caused by a person or a program, not by the network.
    private const double LongestGap = 10;

    // One drop of the network breaks every stream, so failures within a second count as one.
    private const double BurstSeconds = 1;

    // Over less than this time, the rate measures the reader's buffer.
    private const double ShortestSample = 0.001;

    // Beyond this, a double's sums would lose small samples, and no network is that fast.
    private const double FastestRate = 1e12;

    private NetworkFigures _figures;
    private int _open;
    private double _countedUntil;
    private long _countedBytes;
    private double _lastFailureAt = double.NegativeInfinity;
    private double _burst;

    private NetworkDelta _delta;

    // The gap comes from other uploads, and the first measured one replaces it.
    private bool _gapIsPrior;

    public NetworkState()
    {
    }

    /// <param name="known">The figures that uploads from the same network have collected.</param>
    public NetworkState(in NetworkFigures known)
    {
        _figures = known.AsPrior();
        _gapIsPrior = _figures.Gap > 0;
    }

    /// <param name="failuresInRow">A count that was kept elsewhere.</param>
    public NetworkState(int failuresInRow) => FailuresInRow = Math.Max(0, failuresInRow);

    public ref readonly NetworkFigures Figures => ref _figures;

    /// <summary>Breaks since the last success. One drop of the network counts once, however many streams it broke.</summary>
    public int FailuresInRow { get; private set; }

    /// <summary>The size that was advised last; 0 before the first advice.</summary>
    public long Advised { get; set; }

    /// <summary>A body's first bytes have arrived.</summary>
    /// <param name="totalBytes">Bytes of all bodies so far, including these.</param>
    /// <param name="gap">Seconds since the last byte of the previous body on the same stream; NaN when there was none.</param>
    public void Opened(double now, long totalBytes, double gap = double.NaN)
    {
        if (_open++ == 0 && double.IsFinite(now))
        {
            // Bytes that are here already took no measurable time.
            _countedUntil = now;
            _countedBytes = totalBytes;
        }

        if (gap is >= 0 and <= LongestGap)
        {
            if (_gapIsPrior)
                (_figures.Gap, _gapIsPrior) = (0, false);
            _figures.AddGap(gap);
            _delta.Gap = gap;
        }
    }

    /// <summary>Bytes have arrived. A sample is taken every quarter of a second.</summary>
    public void Progress(double now, long totalBytes)
    {
        if (_open > 0 && now - _countedUntil >= TickSeconds)
            Sample(now, totalBytes);
    }

    /// <summary>A body has ended.</summary>
    /// <param name="lastByteAt">When the last byte of any body arrived, because silence at the end is not measured, but an outage that ends
    /// is.</param>
    /// <param name="totalBytes">Bytes of all bodies so far.</param>
    public void Ended(double now, double lastByteAt, long totalBytes, in BodyOutcome outcome)
    {
        _open = Math.Max(0, _open - 1);
        Sample(lastByteAt, totalBytes);
        if (outcome.Network == NetworkOutcome.Unrelated)
            return;
        if (outcome.Network is NetworkOutcome.Ok or NetworkOutcome.Checksum)
        {
            _figures.Verified += Math.Max(0, outcome.Size);
            _delta.Verified += Math.Max(0, outcome.Size);
        }

        _figures.AddOutcome(outcome.Network);
        if (outcome.Network == NetworkOutcome.Ok)
        {
            FailuresInRow = 0;
            _figures.Commits++;
            _figures.LargestOk = Math.Max(_figures.LargestOk, Math.Max(1, outcome.Size));
            _delta.Commits++;
            _delta.LargestOk = Math.Max(_delta.LargestOk, outcome.Size);
        }
        else if (outcome.Network == NetworkOutcome.Checksum)
        {
            _figures.Corrupt++;
            _delta.Corrupt++;
        }
        else
        {
            Broke(now, outcome);
        }
    }

    /// <summary>Returns the measurements since the last call.</summary>
    public NetworkDelta TakeDelta()
    {
        var delta = _delta;
        _delta = default;
        return delta;
    }

    /// <summary>
    /// The client's own report of how long its last body took. It can only make the network slower: behind a buffering proxy, bodies arrive
    /// faster than they were sent.
    /// </summary>
    public void Reported(double seconds, long bytes)
    {
        var rate = bytes / seconds;
        if (!(rate > 0) || !(rate < _figures.Rate))
            return;
        var weight = Math.Min(seconds, ReportHalfLife);
        var fade = double.Exp2(-weight / ReportHalfLife);
        _figures.FastBytes = (_figures.FastBytes * fade) + (rate * weight);
        _figures.FastSeconds = (_figures.FastSeconds * fade) + weight;
    }

    private void Broke(double now, in BodyOutcome outcome)
    {
        if (!(now - _lastFailureAt is >= 0 and < BurstSeconds))
        {
            FailuresInRow = Math.Min(FailuresInRow + 1, 1000);
            _burst = 0;
            _lastFailureAt = now;
            _figures.Drops++;
            _delta.Drops++;
        }

        if (outcome.Received <= 0)
            return;
        // A part was kept, so the next break is a new one.
        if (outcome.Lost < outcome.Received)
            FailuresInRow = 1;
        var lost = Math.Clamp((double)outcome.Lost / outcome.Received, 0, 1);
        if (lost > _burst)
        {
            _figures.Breaks += lost - _burst;
            _delta.Breaks += lost - _burst;
            _burst = lost;
        }
    }

    private void Sample(double lastByteAt, long totalBytes)
    {
        var seconds = lastByteAt - _countedUntil;
        if (!double.IsFinite(seconds) || seconds < ShortestSample)
            return;
        var bytes = Math.Clamp(totalBytes - _countedBytes, 0, seconds * FastestRate);
        _countedUntil = lastByteAt;
        _countedBytes = totalBytes;

        var squares = bytes / seconds * bytes;
        _figures.Add(seconds, bytes, squares);
        _delta.Bytes += bytes;
        _delta.Seconds += seconds;
        _delta.Squares += squares;
    }
}
