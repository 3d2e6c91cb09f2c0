using System.Collections.Concurrent;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Events;

/// <summary>The progress of an upload, in durable bytes. It is only kept in memory, so a restart resets it.</summary>
/// <param name="Speed">Bytes per second of the last seconds.</param>
/// <param name="Average">Bytes per second of the time in which bytes became durable, without pauses.</param>
public sealed record Progress(
    UploadId Upload, string Tenant, string Owner, string Name, UploadProtocol Protocol, long Received, long? Size, double Speed,
    double Average, double Peak)
{
    /// <summary>Bytes that have arrived, durable or not.</summary>
    public long Sent { get; init; } = Received;

    /// <summary>Null while the size or the speed is unknown.</summary>
    public TimeSpan? Left => Size is { } size && Speed > 0 && (size - Received) / Speed is < 1e9 and var seconds
        ? TimeSpan.FromSeconds(Math.Max(0, seconds))
        : null;
}

/// <summary>Keeps the progress of the uploads that received bytes lately.</summary>
public sealed class ProgressBook : IDurableBytesListener
{
    /// <summary>How long an upload that receives nothing is remembered.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private const int Most = 10_000;

    private readonly ConcurrentDictionary<UploadId, Line> _lines = new();
    private readonly TimeProvider _time;
    private long _changes;

    public ProgressBook(TransferHub transfers, TimeProvider time)
    {
        _time = time;
        transfers.Subscribe(this);
    }

    /// <summary>Rises whenever bytes become durable.</summary>
    public long Changes => Volatile.Read(ref _changes);

    public void OnDurable(in DurableBytes durable)
    {
        // A file whose bytes become durable at once is complete before a client could ask for its progress.
        if (durable.Upload.Size == durable.Bytes)
            return;
        if (_lines.Count >= Most)
            Forget();
        var upload = durable.Upload;
        var line = _lines.GetOrAdd(upload.Id, static (_, made) => new Line(made.upload, made.now), (upload, now: _time.GetTimestamp()));
        line.Add(durable, _time);
        line.Change = Interlocked.Increment(ref _changes);
    }

    /// <summary>The uploads that received bytes lately, and since a number of <see cref="Changes"/>.</summary>
    public IEnumerable<Progress> Since(long change) =>
        _lines.Values.Where(line => line.Change > change && _time.GetElapsedTime(line.Last) <= Remembered).Select(line => line.Read(_time));

    /// <summary>Null if no byte became durable lately.</summary>
    public Progress? Of(UploadId upload) => _lines.TryGetValue(upload, out var line) ? line.Read(_time) : null;

    /// <summary>How many unfinished uploads received bytes within <see cref="Remembered"/>; of a tenant, or of all.</summary>
    public int Active(string? tenant) => _lines.Values.Count(line => line.IsActive(tenant, _time));

    /// <summary>Called when an upload has ended.</summary>
    public void Remove(UploadId upload) => _lines.TryRemove(upload, out _);

    public void Forget()
    {
        foreach (var (id, line) in _lines)
        {
            if (_time.GetElapsedTime(line.Last) > Remembered)
                _lines.TryRemove(id, out _);
        }

        if (_lines.Count >= Most)
            _lines.Clear();
    }

    private sealed class Line(Upload first, long began)
    {
        // The time constant of the speed's exponential mean.
        private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

        private readonly Lock _lock = new();
        private Upload _upload = first;
        private long _received = first.ReceivedBytes;
        private bool _counting;
        private long _inTime;
        private double _time, _speed, _peak;
        private long _sinceMark;
        private long _mark = began;

        public long Last { get; private set; } = began;

        public long Change { get; set; }

        public void Add(in DurableBytes durable, TimeProvider time)
        {
            lock (_lock)
            {
                var (before, now) = (Last, time.GetTimestamp());
                Last = now;
                _upload = durable.Upload;
                _received = Math.Max(_received, durable.Total);
                var gap = time.GetElapsedTime(before, now).TotalSeconds;
                // How long these bytes took is not known.
                if (!_counting || gap > SpeedMeter.Pause)
                {
                    (_counting, _mark, _sinceMark) = (true, now, 0);
                    return;
                }

                (_inTime, _time) = (_inTime + durable.Bytes, _time + gap);
                _sinceMark += durable.Bytes;
                var span = time.GetElapsedTime(_mark, Last).TotalSeconds;
                if (span < 0.25)
                    return;
                var weight = 1 - Math.Exp(-span / Window.TotalSeconds);
                var measured = _sinceMark / span;
                _speed = _speed == 0 ? measured : _speed + (weight * (measured - _speed));
                _peak = Math.Max(_peak, _speed);
                (_mark, _sinceMark) = (Last, 0);
            }
        }

        public bool IsActive(string? tenant, TimeProvider time)
        {
            lock (_lock)
            {
                return time.GetElapsedTime(Last) <= Remembered && _received != _upload.Size
                    && (tenant is null || tenant == _upload.Tenant);
            }
        }

        public Progress Read(TimeProvider time)
        {
            lock (_lock)
            {
                var silent = time.GetElapsedTime(Last) > Window;
                return new Progress(
                    _upload.Id, _upload.Tenant, _upload.Subject, _upload.FileName, _upload.Protocol, _received, _upload.Size,
                    silent ? 0 : _speed, _time > 0 ? _inTime / _time : 0, _peak);
            }
        }
    }
}
