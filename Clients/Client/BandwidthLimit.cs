namespace ChunkUpload.Client;

/// <summary>
/// A common bandwidth limit of transfers, in bytes per second. It can be shared by clients, and changed while they run. Safe for concurrent
/// use.
/// </summary>
/// <example><code>
/// var limit = new BandwidthLimit { BytesPerSecond = 2 &lt;&lt; 20 };
/// using var client = new ChunkUploadClient(new() { Service = address, Key = key, Bandwidth = [limit] });
/// </code></example>
public sealed class BandwidthLimit
{
    /// <summary>The lowest rate; below it, connections would time out.</summary>
    public const long Least = Wire.BandwidthRate.Least;

    // The time that a late timer may catch up, and the debt that is forgotten when the rate is lowered, in seconds.
    private const double MostSaved = 0.2, MostOwed = 1;

    // Callers that wait longer report that they are alive, and use a changed rate.
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private Task _last = Task.CompletedTask;
    private long? _rate;
    private double _tokens = 1;
    private long _filledAt;

    /// <summary>Creates a limit that does not limit yet.</summary>
    /// <param name="time">Null means the system's time.</param>
    public BandwidthLimit(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _filledAt = _time.GetTimestamp();
    }

    /// <summary>
    /// Bytes a second, at least <see cref="Least"/>; null means no limit. What runs follows within a quarter of a second.
    /// </summary>
    public long? BytesPerSecond
    {
        get
        {
            lock (_gate)
                return _rate;
        }

        set
        {
            if (value is { } rate)
                ArgumentOutOfRangeException.ThrowIfLessThan(rate, Least);
            lock (_gate)
            {
                Fill();
                _rate = value;
                _tokens = value is null ? 1 : Math.Clamp(_tokens, -value.Value * MostOwed, value.Value * MostSaved);
            }
        }
    }

    /// <summary>Waits until bytes may be sent, in the order of the calls. All of them are granted at once, and delay later calls.</summary>
    /// <param name="bytes">The number of bytes.</param>
    /// <param name="waiting">Called again and again while it waits.</param>
    /// <param name="stop">Ends the wait.</param>
    internal async ValueTask TakeAsync(int bytes, Action? waiting, CancellationToken stop)
    {
        if (BytesPerSecond is null)
            return;
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = Interlocked.Exchange(ref _last, mine.Task);
        try
        {
            while (!before.IsCompleted)
            {
                _ = await Task.WhenAny(before, Task.Delay(Beat, _time, stop));
                stop.ThrowIfCancellationRequested();
                waiting?.Invoke();
            }

            while (WaitFor(bytes) is { } pause)
            {
                await Task.Delay(pause < Beat ? pause : Beat, _time, stop);
                waiting?.Invoke();
            }
        }
        finally
        {
            _ = before.ContinueWith(
                _ => mine.SetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Returns the bytes to move at a time: few enough for a steady flow at low rates, and for many connections.</summary>
    internal static int Piece(IReadOnlyList<BandwidthLimit> limits, int most)
    {
        foreach (var limit in limits)
        {
            if (limit.BytesPerSecond is { } rate)
                most = (int)Math.Min(most, Math.Max(Least / 2, rate / 16));
        }

        return most;
    }

    /// <returns>Null if the bytes are taken.</returns>
    private TimeSpan? WaitFor(int bytes)
    {
        lock (_gate)
        {
            Fill();
            if (_rate is not { } rate)
                return null;
            if (_tokens > 0)
            {
                _tokens -= bytes;
                return null;
            }

            return TimeSpan.FromSeconds(Math.Max(0.001, -_tokens / rate));
        }
    }

    private void Fill()
    {
        var elapsed = _time.GetElapsedTime(_filledAt).TotalSeconds;
        _filledAt = _time.GetTimestamp();
        if (_rate is { } rate)
            _tokens = Math.Min(rate * MostSaved, _tokens + (rate * elapsed));
    }
}
