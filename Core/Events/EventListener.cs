using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Events;

/// <summary>
/// One reader of the events. State events wait in order, progress is coalesced: a slow reader holds no other up, and one that falls too far
/// behind must begin anew.
/// </summary>
public sealed class EventListener : IDisposable
{
    private const int MostWaiting = 1000;

    private readonly Lock _lock = new();
    private readonly EventFeed _feed;
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Queue<LedgerEvent> _events = new();
    private readonly Dictionary<UploadId, Progress> _progress = [];
    private TaskCompletionSource _something = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _behind;

    internal EventListener(EventFeed feed) => _feed = feed;

    public static string AllKey => "*";

    /// <summary>What operators have to act on.</summary>
    public static string OperatorsKey => "operators";

    public static string TenantKey(string tenant) => $"tenant {tenant}";

    public static string OwnKey(string tenant, string subject) => $"own {tenant} {subject}";

    public static string UploadKey(UploadId upload) => $"upload {upload}";

    public static string SpaceKey(string space) => $"space {space}";

    public bool Wants(IEnumerable<string> keys)
    {
        lock (_lock)
            return keys.Any(_keys.Contains);
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _keys.Count;
        }
    }

    public void Subscribe(string key)
    {
        lock (_lock)
            _keys.Add(key);
    }

    /// <summary>Listens to these keys and to no others.</summary>
    public void ListenTo(IEnumerable<string> keys)
    {
        lock (_lock)
        {
            _keys.Clear();
            _keys.UnionWith(keys);
        }
    }

    /// <summary>Waits until there is something to tell.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return _events.Count > 0 || _progress.Count > 0 || _behind ? Task.CompletedTask : _something.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Takes what there is. Null if the reader has fallen too far behind.</summary>
    public (IReadOnlyList<LedgerEvent> Events, IReadOnlyList<Progress> Progress)? Take()
    {
        lock (_lock)
        {
            if (_behind)
                return null;
            (IReadOnlyList<LedgerEvent>, IReadOnlyList<Progress>) taken = ([.. _events], [.. _progress.Values]);
            _events.Clear();
            _progress.Clear();
            return taken;
        }
    }

    public void Dispose() => _feed.Remove(this);

    internal void Offer(LedgerEvent one, IReadOnlyList<string> keys)
    {
        lock (_lock)
        {
            if (_behind || !keys.Any(_keys.Contains))
                return;
            if (_events.Count >= MostWaiting)
            {
                _behind = true;
                _events.Clear();
                _progress.Clear();
            }
            else
            {
                _events.Enqueue(one);
                if (one.Upload is { } upload && EventFeed.Ends(one.Kind))
                    _progress.Remove(upload);
            }

            Wake();
        }
    }

    internal void Offer(Progress progress, IReadOnlyList<string> keys)
    {
        lock (_lock)
        {
            if (_behind || !keys.Any(_keys.Contains))
                return;
            _progress[progress.Upload] = progress;
            Wake();
        }
    }

    // The caller holds the lock.
    private void Wake()
    {
        _something.TrySetResult();
        _something = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
