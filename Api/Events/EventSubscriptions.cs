using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Events;

/// <summary>
/// What the open streams have subscribed to. After a change of the rights each subscription is looked up again, so that a stream tells
/// nothing of a space or an upload that its caller does not see any more.
/// </summary>
internal sealed class EventSubscriptions
{
    private readonly EventTopics _topics;
    private readonly ConcurrentDictionary<EventSubscription, byte> _open = new();
    private long _changes;

    public EventSubscriptions(EventTopics topics, AccessWatch watch)
    {
        _topics = topics;
        watch.Changed += RefreshAsync;
    }

    /// <summary>Rises with each change of the rights.</summary>
    public long Changes => Volatile.Read(ref _changes);

    public EventSubscription Of(EventListener listener, Caller caller)
    {
        var subscription = new EventSubscription(this, _topics, listener, caller);
        _open[subscription] = default;
        return subscription;
    }

    public void Remove(EventSubscription subscription) => _open.TryRemove(subscription, out _);

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _changes);
        foreach (var (subscription, _) in _open)
            await subscription.RefreshAsync(cancellationToken);
    }
}

internal enum SubscribeOutcome
{
    Done = 1,

    /// <summary>The caller may not listen to the scope.</summary>
    NotPermitted,

    /// <summary>One of the uploads is not there for the caller.</summary>
    NotFound,

    TooMany,
}

/// <summary>The scopes and uploads that one stream listens to.</summary>
internal sealed class EventSubscription(EventSubscriptions all, EventTopics topics, EventListener listener, Caller caller) : IDisposable
{
    public const int MostTopics = 5000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, IReadOnlyList<string>> _scopes = new(StringComparer.Ordinal);
    private readonly HashSet<UploadId> _uploads = [];

    /// <summary>Adds or removes a scope, uploads, or both.</summary>
    public async Task<SubscribeOutcome> ChangeAsync(
        bool add, string? scope, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var changes = all.Changes;
        var keys = scope is null ? [] : await topics.OfScopeAsync(caller, scope, cancellationToken);
        if (keys is null)
            return SubscribeOutcome.NotPermitted;
        if (await topics.UploadsAsync(caller, ids, cancellationToken) is not { } uploads)
            return SubscribeOutcome.NotFound;
        lock (_lock)
        {
            if (add && listener.Count + keys.Count + uploads.Count > MostTopics)
                return SubscribeOutcome.TooMany;
            if (add)
                _uploads.UnionWith(uploads);
            else
                _uploads.ExceptWith(uploads);
            if (scope is not null && add)
                _scopes[scope] = keys;
            else if (scope is not null)
                _scopes.Remove(scope);
            Listen();
        }

        // The rights may have changed between the look and now.
        if (all.Changes != changes)
            await RefreshAsync(cancellationToken);
        return SubscribeOutcome.Done;
    }

    /// <summary>Looks up again what the caller may listen to.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        List<string> scopes;
        List<UploadId> uploads;
        lock (_lock)
            (scopes, uploads) = ([.. _scopes.Keys], [.. _uploads]);
        var keys = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var scope in scopes)
            keys[scope] = await topics.OfScopeAsync(caller, scope, cancellationToken) ?? [];
        var lost = uploads.Count == 0 ? [] : uploads.Except(await topics.SeenAsync(caller, uploads, cancellationToken)).ToList();
        lock (_lock)
        {
            foreach (var (scope, now) in keys)
            {
                // It may have been removed meanwhile.
                if (_scopes.ContainsKey(scope))
                    _scopes[scope] = now;
            }

            _uploads.ExceptWith(lost);
            Listen();
        }
    }

    public void Dispose() => all.Remove(this);

    // The caller holds the lock.
    private void Listen() => listener.ListenTo(_scopes.Values.SelectMany(keys => keys).Concat(_uploads.Select(EventListener.UploadKey)));
}
