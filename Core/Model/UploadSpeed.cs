namespace ChunkUpload.Core.Model;

/// <summary>The speed of an upload in bytes per second; null while unknown.</summary>
/// <param name="Current">The average of the last ten seconds.</param>
/// <param name="Average">The average of the time in which bytes arrived.</param>
/// <param name="Peak">The highest measured speed.</param>
public readonly record struct UploadSpeed(double? Current, double? Average, double? Peak);

/// <summary>
/// Measures the speed of one upload from the arrival times of its bytes. Kept in memory only, so a restart resets it. Not thread-safe.
/// Times are seconds of a monotonic clock.
/// </summary>
internal sealed class SpeedMeter
{
    // A longer silence is a pause and counts for neither the average nor the current speed.
    private const double Pause = 10;

    // Shorter periods are not measured: one read of a socket may return a megabyte within a millisecond.
    private const double ShortestPeriod = 1;

    private const int Seconds = (int)Pause;

    // The bytes of each of the last ten seconds.
    private readonly long[] _bytesPerSecond = new long[Seconds];
    private long _second = long.MinValue;
    private double _periodBegan = double.NaN;
    private double _lastAt = double.NaN;
    private double _active;
    private double _peak;
    private long _bytes;

    /// <summary>Called when a request begins and whenever bytes arrive.</summary>
    public void Add(double now, long bytes)
    {
        var gap = now - _lastAt;
        if (gap <= Pause)
            _active += gap;
        else
            _periodBegan = now;
        _lastAt = now;
        if (bytes == 0)
            return;
        MoveTo((long)now);
        _bytesPerSecond[(int)(_second % Seconds)] += bytes;
        _bytes += bytes;
        if (now - _periodBegan >= ShortestPeriod)
            _peak = Math.Max(_peak, CurrentAt(now));
    }

    public UploadSpeed At(double now)
    {
        if (_bytes == 0)
            return default;
        MoveTo((long)now);
        var current = CurrentAt(now);
        double? average = _active > 0 ? _bytes / _active : null;
        return new UploadSpeed(current, average, Math.Max(_peak, average ?? 0));
    }

    private double CurrentAt(double now)
    {
        // The oldest second counts only in part.
        var elapsed = Math.Min(Seconds - 1 + (now - Math.Floor(now)), Math.Max(now - _periodBegan, ShortestPeriod));
        return _bytesPerSecond.Sum() / elapsed;
    }

    private void MoveTo(long second)
    {
        if (_second == long.MinValue || second - _second >= Seconds)
        {
            Array.Clear(_bytesPerSecond);
        }
        else
        {
            for (var passed = _second + 1; passed <= second; passed++)
                _bytesPerSecond[(int)(passed % Seconds)] = 0;
        }

        _second = second;
    }
}
