using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Events;

/// <summary>
/// Decides which events a caller may receive: users their own, admins those of their tenant, operators all; and single topics according to
/// the <see cref="ITopicRights"/> of their kind. Subscriptions are checked again when rights have changed.
/// </summary>
internal sealed class EventTopics
{
    // The scopes, with which a client subscribes without naming topics.
    public const string Own = "own";
    public const string Tenant = "tenant";
    public const string All = "all";

    /// <summary>The message if <see cref="SubscribeAsync"/> is refused.</summary>
    public const string NotYours = "You may listen to own; admins also to tenant, operators to all.";

    /// <summary>The maximum number of topics in one request.</summary>
    public const int MostNamed = 1000;

    // Limits one query, because checking the rights of all requests waits for it.
    private const int MostAtOnce = 5000;

    private readonly Dictionary<string, ITopicRights> _rights;
    private readonly FileTree _tree;
    private readonly EventFeed _feed;

    // Accessed by one callback of the watch at a time.
    private Queue<HeardTopic> _doubtful = new();

    public EventTopics(IEnumerable<ITopicRights> rights, FileTree tree, EventFeed feed, AccessWatch watch)
    {
        (_rights, _tree, _feed) = (rights.ToDictionary(one => one.Kind), tree, feed);
        watch.Changed += RenewSpacesAsync;
        watch.Changed += DoubtTopicsAsync;
        watch.Checked += LeaveLostTopicsAsync;
    }

    /// <summary>Subscribes to a scope; returns false if the caller may not.</summary>
    public async Task<bool> SubscribeAsync(EventListener listener, Caller caller, string scope, CancellationToken cancellationToken)
    {
        if (KeysOf(caller, scope) is not { } keys)
            return false;
        if (scope == Own)
            listener.ListenToOwnSpaces(await SpacesAsync(caller, cancellationToken));
        listener.Subscribe(keys);
        return true;
    }

    public static void Unsubscribe(EventListener listener, Caller caller, string scope)
    {
        if (KeysOf(caller, scope) is { } keys)
            listener.Unsubscribe(keys);
        if (scope == Own)
            listener.LeaveOwnSpaces();
    }

    /// <summary>Returns the keys of topics of one kind; null if one of them or the kind does not exist for the caller.</summary>
    public async Task<IReadOnlyList<string>?> FindAsync(
        Caller caller, string kind, IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        _rights.TryGetValue(kind, out var rights) && await rights.FindAsync(caller, ids, cancellationToken) is { } found
            ? [.. found.Select(EventListener.TopicKey)]
            : null;

    private static string[]? KeysOf(Caller caller, string scope)
    {
        var operates = caller.Scopes.HasFlag(Scopes.Operate | Scopes.Admin);
        return scope switch
        {
            Own => [EventListener.OwnKey(caller.Tenant, caller.Subject)],
            // Jobs and the store concern operators in every tenant.
            Tenant when caller.SeesAll => operates
                ? [EventListener.TenantKey(caller.Tenant), EventListener.OperatorsKey]
                : [EventListener.TenantKey(caller.Tenant)],
            All when operates => [EventListener.AllKey],
            _ => null,
        };
    }

    private async Task<IReadOnlyList<string>> SpacesAsync(Caller caller, CancellationToken cancellationToken) =>
        [.. (await _tree.SpacesAsync(caller, cancellationToken)).Select(space => EventListener.SpaceKey(space.Id.ToString()))];

    private async Task RenewSpacesAsync(CancellationToken cancellationToken)
    {
        var owners = (from listener in _feed.Listeners
                      let caller = listener.OwnerOfSpaces
                      where caller is not null
                      group (listener, caller) by (caller.Tenant, caller.Owner)).ToList();
        if (owners.Count == 0)
            return;
        var spaces = await _tree.SpacesAsync([.. owners.Select(same => same.First().caller)], cancellationToken);
        foreach (var (same, seen) in owners.Zip(spaces))
        {
            List<string> keys = [.. seen.Select(space => EventListener.SpaceKey(space.ToString()))];
            foreach (var (listener, _) in same)
                listener.RenewOwnSpaces(keys);
        }
    }

    private Task DoubtTopicsAsync(CancellationToken cancellationToken)
    {
        // One topic of each listener in turn, so that a listener with thousands of them does not delay the others.
        _doubtful = new(_feed.Listeners
            .SelectMany(listener => listener.Caller is { } caller
                ? listener.Topics.Select((topic, turn) => (Turn: turn, Heard: new HeardTopic(caller, topic)))
                : [])
            .OrderBy(one => one.Turn).Select(one => one.Heard)
            .DistinctBy(one => (one.Caller.Tenant, one.Caller.Owner, one.Topic)));
        return LeaveLostTopicsAsync(cancellationToken);
    }

    private async Task LeaveLostTopicsAsync(CancellationToken cancellationToken)
    {
        if (_doubtful.Count == 0)
            return;
        HeardTopic[] some = [.. _doubtful.Take(MostAtOnce)];
        foreach (var same in some.GroupBy(one => one.Topic.Kind))
        {
            var lost = (await _rights[same.Key].LostAsync([.. same], cancellationToken))
                .ToLookup(one => (one.Caller.Tenant, one.Caller.Owner), one => EventListener.TopicKey(one.Topic));
            foreach (var listener in _feed.Listeners)
            {
                if (listener.Caller is { } caller)
                    listener.Unsubscribe(lost[(caller.Tenant, caller.Owner)]);
            }
        }

        foreach (var _ in some)
            _doubtful.Dequeue();
    }
}
