using System.Collections.Concurrent;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Events;

/// <summary>The progress of an upload, in durable bytes. It is only kept in memory, so a restart resets it.</summary>
public sealed record Progress(
    UploadId Upload, string Tenant, string Owner, string Name, UploadProtocol Protocol, long Received, long? Size, UploadSpeed Speed)
{
    /// <summary>Bytes that have arrived, durable or not.</summary>
    public long Sent { get; init; } = Received;

    /// <summary>Null while the size or the speed is unknown, and until the first bytes are safe.</summary>
    public TimeSpan? Left => Received > 0 && Size is { } size && Speed.Current is > 0 and var speed
        && (size - Received) / speed is < 1e9 and var seconds
        ? TimeSpan.FromSeconds(Math.Max(0, seconds))
        : null;
}

/// <summary>Keeps the progress of the uploads that received bytes lately. The advisor measures their speed.</summary>
public sealed class ProgressBook : IDurableBytesListener
{
    /// <summary>How long an upload that receives nothing is remembered.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private const int Most = 10_000;

    private readonly ConcurrentDictionary<UploadId, Line> _lines = new();
    private readonly NetworkBook _networks;
    private readonly TimeProvider _time;
    private long _changes;

    public ProgressBook(UploadHub hub, NetworkBook networks, TimeProvider time)
    {
        (_networks, _time) = (networks, time);
        hub.Subscribe(this);
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
        line.Add(durable, _time.GetTimestamp());
        line.Change = Interlocked.Increment(ref _changes);
    }

    /// <summary>The uploads that received bytes lately, and since a number of <see cref="Changes"/>.</summary>
    public IEnumerable<Progress> Since(long change) =>
        _lines.Values.Where(line => line.Change > change && _time.GetElapsedTime(line.Last) <= Remembered).Select(Read);

    /// <summary>Null if no byte became durable lately.</summary>
    public Progress? Of(UploadId upload) => _lines.TryGetValue(upload, out var line) ? Read(line) : null;

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

    private Progress Read(Line line)
    {
        var (upload, received) = line.Read();
        return new Progress(
            upload.Id, upload.Tenant, upload.Subject, upload.FileName, upload.Protocol, received, upload.Size,
            _networks.Find(upload.Id)?.Speed ?? default);
    }

    private sealed class Line(Upload first, long began)
    {
        private readonly Lock _lock = new();
        private Upload _upload = first;
        private long _received = first.ReceivedBytes;

        public long Last { get; private set; } = began;

        public long Change { get; set; }

        public void Add(in DurableBytes durable, long now)
        {
            lock (_lock)
                (_upload, _received, Last) = (durable.Upload, Math.Max(_received, durable.Total), now);
        }

        public bool IsActive(string? tenant, TimeProvider time)
        {
            lock (_lock)
            {
                return time.GetElapsedTime(Last) <= Remembered && _received != _upload.Size
                    && (tenant is null || tenant == _upload.Tenant);
            }
        }

        public (Upload Upload, long Received) Read()
        {
            lock (_lock)
                return (_upload, _received);
        }
    }
}
