namespace ChunkUpload.Core.Uploads;

/// <summary>How fast an upload's bytes come, in bytes per second; null while nothing is known.</summary>
/// <param name="Current">Over the last ten seconds.</param>
/// <param name="Average">Over the time in which bytes came.</param>
/// <param name="Peak">The highest that was measured.</param>
public readonly record struct TransferSpeed(double? Current, double? Average, double? Peak);

/// <summary>
/// Measures the speed of one upload from the moments at which its bytes arrive. Kept in memory only: after a restart it begins anew. The
/// owner guards it against concurrent use. Moments are seconds of a monotonic clock.
/// </summary>
internal sealed class SpeedMeter
{
    /// <summary>A longer silence is a pause: it counts neither for the average nor for the current speed.</summary>
    public const double Pause = 10;

    // A shorter run says little: one read of a socket may bring a megabyte within a millisecond.
    private const double ShortestRun = 1;

    private const int Slots = (int)Pause;

    // The bytes of the last ten seconds, a second each.
    private readonly long[] _slots = new long[Slots];
    private long _second = long.MinValue;
    private double _runBegan = double.NaN;
    private double _lastAt = double.NaN;
    private double _active;
    private double _peak;
    private long _bytes;

    /// <summary>A request begins to send, or its bytes have arrived.</summary>
    public void Add(double now, long bytes)
    {
        var gap = now - _lastAt;
        if (gap <= Pause)
            _active += gap;
        else
            _runBegan = now;
        _lastAt = now;
        if (bytes == 0)
            return;
        MoveTo((long)now);
        _slots[(int)(_second % Slots)] += bytes;
        _bytes += bytes;
        if (now - _runBegan >= ShortestRun)
            _peak = Math.Max(_peak, CurrentAt(now));
    }

    public TransferSpeed At(double now)
    {
        if (_bytes == 0)
            return default;
        MoveTo((long)now);
        var current = CurrentAt(now);
        double? average = _active > 0 ? _bytes / _active : null;
        return new TransferSpeed(current, average, Math.Max(_peak, average ?? 0));
    }

    private double CurrentAt(double now)
    {
        // The oldest slot's second has passed in part.
        var seconds = Math.Min(Slots - 1 + (now - Math.Floor(now)), Math.Max(now - _runBegan, ShortestRun));
        return _slots.Sum() / seconds;
    }

    private void MoveTo(long second)
    {
        if (_second == long.MinValue || second - _second >= Slots)
        {
            Array.Clear(_slots);
        }
        else
        {
            for (var passed = _second + 1; passed <= second; passed++)
                _slots[(int)(passed % Slots)] = 0;
        }

        _second = second;
    }
}
