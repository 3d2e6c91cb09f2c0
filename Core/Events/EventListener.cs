using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Events;

/// <summary>
/// A reader of events. Events of states wait in order; progress is coalesced. A slow reader does not delay others, and must subscribe again
/// if it falls too far behind.
/// </summary>
public sealed class EventListener : IDisposable
{
    private const int MostWaiting = 1000;
    private const string TopicPrefix = "topic ";
    private const string SpacePrefix = "space ";

    private readonly Lock _lock = new();
    private readonly EventFeed _feed;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Queue<LedgerEvent> _events = new();
    private readonly Dictionary<Topic, Progress> _progress = [];
    private readonly Dictionary<(UploadId Upload, Type Kind), UploadNotice> _notices = [];
    private readonly TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Caller? _caller;
    private HashSet<string>? _ownSpaces;
    private TaskCompletionSource _something = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasBegun;
    private bool _behind;

    internal EventListener(EventFeed feed, Caller? caller) => (_feed, _caller) = (feed, caller);

    /// <summary>The key of listeners to everything.</summary>
    public static string AllKey => "*";

    /// <summary>The key of operators who listen to their tenant, for events about the whole service.</summary>
    public static string OperatorsKey => "operators";

    public static string TenantKey(string tenant) => $"tenant {tenant}";

    public static string OwnKey(string tenant, string subject) => $"own {tenant} {subject}";

    /// <summary>Returns the key of listeners who follow one topic by its name.</summary>
    public static string TopicKey(Topic topic) => $"{TopicPrefix}{topic.Kind} {topic.Id}";

    /// <summary>Returns the key of listeners to their own spaces.</summary>
    public static string SpaceKey(string space) => $"{SpacePrefix}{space}";

    /// <param name="keys">The keys of the message. The listener wants it if it has one of them.</param>
    public bool Wants(Topic topic, IEnumerable<string> keys)
    {
        lock (_lock)
            return MayHear(topic) && keys.Any(_keys.Contains);
    }

    /// <summary>The number of keys of the listener.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _keys.Count;
        }
    }

    /// <summary>The keys under which progress may come. A space as such has no progress.</summary>
    internal IReadOnlyList<string> KeysOfProgress
    {
        get
        {
            lock (_lock)
                return [.. _keys.Where(key => key != OperatorsKey && !key.StartsWith(SpacePrefix, StringComparison.Ordinal))];
        }
    }

    /// <summary>Completes when the listener first subscribes.</summary>
    public Task Subscribed => _subscribed.Task;

    internal bool HasBegun => _hasBegun;

    public void Subscribe(IEnumerable<string> keys)
    {
        lock (_lock)
            _keys.UnionWith(keys);
        _subscribed.TrySetResult();
    }

    /// <summary>The caller who listens; null for a listener of the service itself.</summary>
    public Caller? Caller => _caller;

    /// <summary>The topics that the listener follows by their names.</summary>
    public IReadOnlyList<Topic> Topics
    {
        get
        {
            var found = new List<Topic>();
            lock (_lock)
            {
                foreach (var key in _keys)
                {
                    if (!key.StartsWith(TopicPrefix, StringComparison.Ordinal))
                        continue;
                    var space = key.IndexOf(' ', TopicPrefix.Length);
                    found.Add(new Topic(key[TopicPrefix.Length..space], key[(space + 1)..]));
                }
            }

            return found;
        }
    }

    /// <summary>The caller to whose spaces, also later ones, the listener listens; null if it listens to none as such.</summary>
    public Caller? OwnerOfSpaces
    {
        get
        {
            lock (_lock)
                return _ownSpaces is null ? null : _caller;
        }
    }

    public void ListenToOwnSpaces(IEnumerable<string> keys)
    {
        lock (_lock)
        {
            _ownSpaces ??= [];
            SetOwnSpaces(keys);
        }
    }

    /// <summary>Listens to these spaces instead, if the listener still listens to the caller's own.</summary>
    public void RenewOwnSpaces(IEnumerable<string> keys)
    {
        lock (_lock)
        {
            if (_ownSpaces is not null)
                SetOwnSpaces(keys);
        }
    }

    public void LeaveOwnSpaces()
    {
        lock (_lock)
        {
            _keys.ExceptWith(_ownSpaces ?? []);
            _ownSpaces = null;
        }
    }

    public void Unsubscribe(IEnumerable<string> keys)
    {
        lock (_lock)
            _keys.ExceptWith(keys);
    }

    /// <summary>Waits until there is a message to take.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _events.Count > 0 || _progress.Count > 0 || _notices.Count > 0 || _behind
                ? Task.CompletedTask
                : _something.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes all messages that wait. Returns null if the reader has fallen too far behind.</summary>
    public (IReadOnlyList<LedgerEvent> Events, IReadOnlyList<Progress> Progress, IReadOnlyList<UploadNotice> Notices)? Take()
    {
        lock (_lock)
        {
            if (_behind)
                return null;
            LedgerEvent[] events = [.. _events];
            Progress[] progress = [.. _progress.Values];
            UploadNotice[] notices = [.. _notices.Values];
            _events.Clear();
            _progress.Clear();
            _notices.Clear();
            return (events, progress, notices);
        }
    }

    public void Dispose() => _feed.Remove(this);

    internal void Begin() => _hasBegun = true;

    internal bool IsOfSameSubject(EventListener other) =>
        _caller is not null && other._caller is { } its && its.Tenant == _caller.Tenant && its.Subject == _caller.Subject;

    internal void Offer(LedgerEvent one, IReadOnlyList<string> keys)
    {
        lock (_lock)
        {
            if (!_hasBegun || _behind || !MayHear(one.Topic) || !keys.Any(_keys.Contains))
                return;
            if (_events.Count >= MostWaiting)
            {
                _behind = true;
                _events.Clear();
                _progress.Clear();
                _notices.Clear();
            }
            else
            {
                _events.Enqueue(one);
                if (EventKinds.Ends(one.Kind))
                    _progress.Remove(one.Topic);
            }

            Wake();
        }
    }

    internal void Offer(Progress progress, IReadOnlyList<string> keys)
    {
        lock (_lock)
        {
            if (!_hasBegun || _behind || !MayHear(progress.Topic) || !keys.Any(_keys.Contains))
                return;
            _progress[progress.Topic] = progress;
            Wake();
        }
    }

    internal void Offer(UploadNotice notice, IReadOnlyList<string> keys)
    {
        lock (_lock)
        {
            if (!_hasBegun || _behind || !keys.Any(_keys.Contains))
                return;
            _notices[(notice.Upload, notice.GetType())] = notice;
            Wake();
        }
    }

    // The scopes of a listener do not change: if the caller's scopes do, the request ends.
    private bool MayHear(Topic topic) => _caller is null || _caller.Scopes.HasFlag(TopicScopes.NeedOf(topic.Kind));

    // The caller holds the lock.
    private void SetOwnSpaces(IEnumerable<string> keys)
    {
        _keys.ExceptWith(_ownSpaces!);
        _ownSpaces = new HashSet<string>(keys, StringComparer.Ordinal);
        _keys.UnionWith(_ownSpaces);
    }

    // The caller holds the lock.
    private void Wake()
    {
        _something.TrySetResult();
        _something = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
