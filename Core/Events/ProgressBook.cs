using System.Collections.Concurrent;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Core.Events;

/// <summary>
/// Keeps the progress of what moved bytes lately. Uploads are entered by themselves, with the speed that the advisor measures; whatever
/// else moves bytes calls <see cref="Report"/>.
/// </summary>
public sealed class ProgressBook : IDurableBytesListener
{
    /// <summary>How long a topic that moves nothing is remembered.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private const int Most = 10_000;

    // Uploads by their ids: a request that records bytes must not allocate.
    private readonly ConcurrentDictionary<UploadId, UploadLine> _uploads = new();
    private readonly ConcurrentDictionary<Topic, ReportedLine> _reported = new();
    private readonly NetworkBook _networks;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private long _changes;

    public ProgressBook(UploadHub hub, NetworkBook networks, TimeProvider time)
    {
        (_networks, _time, _startedAt) = (networks, time, time.GetTimestamp());
        hub.Subscribe(this);
    }

    /// <summary>Rises whenever bytes move.</summary>
    public long Changes => Volatile.Read(ref _changes);

    public void OnDurable(in DurableBytes durable)
    {
        // A file whose bytes become durable at once is complete before a client could ask for its progress. What relays a file transfer
        // is reported as that.
        if (durable.Upload.Size == durable.Bytes || durable.Upload.RelayOf is not null)
            return;
        ForgetIfFull();
        var upload = durable.Upload;
        var line = _uploads.GetOrAdd(
            upload.Id, static (_, made) => new UploadLine(made.upload, made.now), (upload, now: _time.GetTimestamp()));
        line.Add(durable, _time.GetTimestamp());
        line.Change = Interlocked.Increment(ref _changes);
    }

    /// <summary>Enters how far a topic is. It may be called for every piece: clients get the newest a few times a second.</summary>
    public void Report(in ProgressReport report)
    {
        ForgetIfFull();
        var now = _time.GetTimestamp();
        var line = _reported.GetOrAdd(
            report.Topic, static (_, made) => new ReportedLine(made.report, made.now), (report, now));
        line.Add(report, now, _time.GetElapsedTime(_startedAt, now).TotalSeconds);
        line.Change = Interlocked.Increment(ref _changes);
    }

    /// <summary>What moved bytes lately, and since a number of <see cref="Changes"/>.</summary>
    public IEnumerable<Progress> Since(long change)
    {
        foreach (var line in _uploads.Values)
        {
            if (IsNews(line, change))
                yield return Read(line);
        }

        foreach (var line in _reported.Values)
        {
            if (IsNews(line, change))
                yield return Read(line);
        }
    }

    /// <summary>Null if no byte became durable lately.</summary>
    public Progress? Of(UploadId upload) => _uploads.TryGetValue(upload, out var line) ? Read(line) : null;

    /// <summary>Null if it has moved no byte lately.</summary>
    public Progress? Of(Topic topic) =>
        topic.Upload is { } upload ? Of(upload) : _reported.TryGetValue(topic, out var line) ? Read(line) : null;

    /// <summary>How many unfinished uploads received bytes within <see cref="Remembered"/>; of a tenant, or of all.</summary>
    public int Active(string? tenant) => _uploads.Values.Count(line => line.IsActive(tenant, _time));

    /// <summary>Called when a topic has ended.</summary>
    public void Remove(Topic topic)
    {
        if (topic.Upload is { } upload)
            _uploads.TryRemove(upload, out _);
        else
            _reported.TryRemove(topic, out _);
    }

    public void Forget()
    {
        Forget(_uploads);
        Forget(_reported);
    }

    private void ForgetIfFull()
    {
        if (_uploads.Count >= Most || _reported.Count >= Most)
            Forget();
    }

    private void Forget<TKey, TLine>(ConcurrentDictionary<TKey, TLine> lines)
        where TKey : notnull
        where TLine : Line
    {
        foreach (var (key, line) in lines)
        {
            if (_time.GetElapsedTime(line.Last) > Remembered)
                lines.TryRemove(key, out _);
        }

        if (lines.Count >= Most)
            lines.Clear();
    }

    private bool IsNews(Line line, long change) => line.Change > change && _time.GetElapsedTime(line.Last) <= Remembered;

    private Progress Read(UploadLine line)
    {
        var (upload, received) = line.Read();
        return new Progress(
            Topic.Of(upload.Id), upload.Tenant, upload.Subject, upload.FileName, received, upload.Size,
            _networks.Find(upload.Id)?.Speed ?? default)
        {
            Protocol = upload.Protocol,
        };
    }

    private Progress Read(ReportedLine line) => line.Read(_time.GetElapsedTime(_startedAt).TotalSeconds);

    private abstract class Line(long began)
    {
        protected Lock Gate { get; } = new();

        public long Last { get; protected set; } = began;

        public long Change { get; set; }
    }

    private sealed class UploadLine(Upload first, long began) : Line(began)
    {
        private Upload _upload = first;
        private long _received = first.ReceivedBytes;

        public void Add(in DurableBytes durable, long now)
        {
            lock (Gate)
                (_upload, _received, Last) = (durable.Upload, Math.Max(_received, durable.Total), now);
        }

        public bool IsActive(string? tenant, TimeProvider time)
        {
            lock (Gate)
            {
                return time.GetElapsedTime(Last) <= Remembered && _received != _upload.Size
                    && (tenant is null || tenant == _upload.Tenant);
            }
        }

        public (Upload Upload, long Received) Read()
        {
            lock (Gate)
                return (_upload, _received);
        }
    }

    private sealed class ReportedLine(ProgressReport first, long began) : Line(began)
    {
        private readonly SpeedMeter _speed = new();
        private ProgressReport _newest = first;

        /// <param name="seconds">The same moment as now, for the meter.</param>
        public void Add(in ProgressReport report, long now, double seconds)
        {
            lock (Gate)
            {
                // What was done when the first report came has moved before it; a topic that begins anew counts from there on.
                _speed.Add(seconds, Math.Max(0, report.Done - _newest.Done));
                (_newest, Last) = (report, now);
            }
        }

        public Progress Read(double seconds)
        {
            lock (Gate)
            {
                return new Progress(
                    _newest.Topic, _newest.Tenant, _newest.Owner, _newest.Name, _newest.Safe, _newest.Total, _speed.At(seconds))
                {
                    Done = _newest.Done,
                };
            }
        }
    }
}
