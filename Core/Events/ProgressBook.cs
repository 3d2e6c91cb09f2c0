using System.Collections.Concurrent;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Events;

/// <summary>
/// Keeps the progress of everything that has moved bytes recently. Uploads are added automatically, with the speed that the advisor
/// measures; other work calls <see cref="Report"/>.
/// </summary>
public sealed class ProgressBook : IDurableBytesListener
{
    /// <summary>How long a topic without movement is remembered.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private const int Most = 10_000;

    // Uploads by their ids, because a request that records bytes must not allocate.
    private readonly ConcurrentDictionary<UploadId, UploadLine> _uploads = new();
    private readonly ConcurrentDictionary<Topic, ReportedLine> _reported = new();
    private readonly NetworkBook _networks;
    private readonly SharedUsage _usage;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private long _changes;

    // The progress that other nodes have reported, and its topics that have ended since. Both are empty while no client listens.
    private readonly ConcurrentDictionary<Topic, HeardLine> _heard = new();
    private readonly ConcurrentDictionary<Topic, long> _ended = new();

    public ProgressBook(UploadHub hub, NetworkBook networks, SharedUsage usage, TimeProvider time)
    {
        (_networks, _usage, _time, _startedAt) = (networks, usage, time, time.GetTimestamp());
        hub.Subscribe(this);
        usage.Add(CountActive);
    }

    /// <summary>A number that rises whenever bytes move.</summary>
    public long Changes => Volatile.Read(ref _changes);

    public void OnDurable(in DurableBytes durable)
    {
        // A file that becomes durable at once is complete before a client could ask for it. Uploads that relay a file transfer
        // are reported as that transfer.
        if (durable.Upload.Size == durable.Bytes || durable.Upload.RelayOf is not null)
            return;
        ForgetIfFull();
        var upload = durable.Upload;
        var line = _uploads.GetOrAdd(
            upload.Id, static (_, made) => new UploadLine(made.upload, made.now), (upload, now: _time.GetTimestamp()));
        line.Add(durable, _time.GetTimestamp());
        line.Change = NextChange();
    }

    /// <summary>Sets the progress of a topic. Call it for every piece: clients get the newest value a few times a second.</summary>
    public void Report(in ProgressReport report)
    {
        ForgetIfFull();
        var now = _time.GetTimestamp();
        var line = _reported.GetOrAdd(
            report.Topic, static (_, made) => new ReportedLine(made.report, made.now), (report, now));
        line.Add(report, now, _time.GetElapsedTime(_startedAt, now).TotalSeconds);
        line.Change = NextChange();
    }

    /// <summary>Sets the progress of topics at another node.</summary>
    public void Hear(long node, Progress progress)
    {
        // The answer of the node may be older than the end that the ledger has reported.
        if (_ended.ContainsKey(progress.Topic))
            return;
        if (_heard.Count >= Most)
            Forget(_heard);
        var now = _time.GetTimestamp();
        var line = _heard.GetOrAdd(progress.Topic, static (_, began) => new HeardLine(began), now);
        line.Add(node, progress, now);
        line.Change = NextChange();
    }

    /// <summary>Returns what has moved since a number of <see cref="Changes"/>, here or at another node that was asked.</summary>
    public IEnumerable<Progress> Since(long change)
    {
        foreach (var one in SinceHere(change))
            yield return WithHeard(one);
        foreach (var (topic, line) in _heard)
        {
            if (IsNews(line, change))
                yield return line.Read(OfHere(topic), _time);
        }
    }

    /// <summary>Returns what has moved at this node since a number of <see cref="Changes"/>.</summary>
    public IEnumerable<Progress> SinceHere(long change)
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

    /// <summary>Returns the progress of an upload at this node; null if no byte became durable here recently.</summary>
    public Progress? OfHere(UploadId upload) => _uploads.TryGetValue(upload, out var line) ? Read(line) : null;

    /// <summary>Returns the progress of an upload; null if no byte became durable recently.</summary>
    public Progress? Of(UploadId upload) =>
        _heard.IsEmpty ? OfHere(upload) : Of(Topic.Of(upload));

    /// <summary>Returns the progress of a topic; null if it has moved no byte recently.</summary>
    public Progress? Of(Topic topic) => OfHere(topic) is { } here ? WithHeard(here)
        : _heard.TryGetValue(topic, out var line) ? line.Read(null, _time) : null;

    /// <summary>Returns the speed of an upload, at this node or at others that were asked; null if it is not known here.</summary>
    public UploadSpeed? SpeedOf(UploadId upload) =>
        _heard.IsEmpty ? _networks.Find(upload)?.Speed : Of(upload)?.Speed ?? _networks.Find(upload)?.Speed;

    /// <summary>Returns the number of unfinished uploads, of a tenant or of all, with bytes within <see cref="Remembered"/>.</summary>
    public int Active(string? tenant) =>
        _uploads.Values.Count(line => line.IsActive(tenant, _time))
        + (_usage.IsShared ? (int)_usage.OfOthers(KeyOfActive(tenant)) : 0);

    /// <summary>Called when a topic has ended.</summary>
    public void Remove(Topic topic)
    {
        if (topic.Upload is { } upload)
            _uploads.TryRemove(upload, out _);
        else
            _reported.TryRemove(topic, out _);
        if (_heard.TryRemove(topic, out _))
            _ended[topic] = _time.GetTimestamp();
    }

    /// <summary>Numbers a change of a topic that moves bytes.</summary>
    internal long NextChange() => Interlocked.Increment(ref _changes);

    public void Forget()
    {
        Forget(_uploads);
        Forget(_reported);
        Forget(_heard);
        foreach (var ended in _ended.Where(one => _time.GetElapsedTime(one.Value) > Remembered).ToList())
            _ended.TryRemove(ended);
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

    private IEnumerable<KeyValuePair<string, long>> CountActive() => _uploads.Values.Where(line => line.IsActive(null, _time))
        .SelectMany(line => new[] { KeyOfActive(null), KeyOfActive(line.Tenant) })
        .CountBy(key => key).Select(one => KeyValuePair.Create(one.Key, (long)one.Value));

    private static string KeyOfActive(string? tenant) =>
        SharedUsage.KeyOf(tenant is null ? "active" : "active of", tenant ?? "", "");

    private Progress? OfHere(Topic topic) =>
        topic.Upload is { } upload ? OfHere(upload) : _reported.TryGetValue(topic, out var line) ? Read(line) : null;

    private Progress WithHeard(Progress here) =>
        !_heard.IsEmpty && _heard.TryGetValue(here.Topic, out var line) ? line.Read(here, _time) : here;

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

        public string Tenant { get; } = first.Tenant;

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

        /// <param name="seconds">The time of <paramref name="now"/> in seconds, for the meter.</param>
        public void Add(in ProgressReport report, long now, double seconds)
        {
            lock (Gate)
            {
                // Bytes that were done at the first report moved before it. A topic that starts again counts from that point.
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

    /// <summary>A topic that moves at other nodes. Several nodes may receive the chunks of one session.</summary>
    private sealed class HeardLine(long began) : Line(began)
    {
        // A node that has reported nothing for this long moves nothing.
        private static readonly TimeSpan Moving = TimeSpan.FromSeconds(3);

        private readonly Dictionary<long, (Progress Progress, long At)> _nodes = [];

        public void Add(long node, Progress progress, long now)
        {
            lock (Gate)
                (_nodes[node], Last) = ((progress, now), now);
        }

        /// <summary>The largest progress of all nodes, with the speed of all that move.</summary>
        public Progress Read(Progress? here, TimeProvider time)
        {
            lock (Gate)
            {
                var all = _nodes.Values.Select(one => time.GetElapsedTime(one.At) <= Moving
                    ? one.Progress
                    : one.Progress with { Speed = one.Progress.Speed with { Current = null } }).ToList();
                if (here is not null)
                    all.Add(here);
                var furthest = all.MaxBy(one => one.Safe)!;
                var moving = all.Where(one => one.Speed.Current is not null).ToList();
                return furthest with
                {
                    Done = all.Max(one => one.Done),
                    Speed = moving.Count == 0 ? furthest.Speed : furthest.Speed with { Current = moving.Sum(one => one.Speed.Current) },
                };
            }
        }
    }
}
