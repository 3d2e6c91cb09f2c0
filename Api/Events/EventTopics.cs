using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Events;

/// <summary>
/// Decides which topics a caller may follow: own uploads and spaces, and an upload that the caller sees; admins follow their tenant,
/// operators all. The spaces of a listener follow the caller's rights: they are looked up again when rights have changed.
/// </summary>
internal sealed class EventTopics
{
    public const int MostUploads = 1000;

    // Bounds one query: the watch of the rights, on which all requests depend, waits for its answer.
    private const int MostAtOnce = 5000;

    private readonly IUploadQueryLedger _uploads;
    private readonly FileTree _tree;
    private readonly EventFeed _feed;

    // The watch calls one listener of its own at a time.
    private Queue<HeardUpload> _doubtful = new();

    public EventTopics(IUploadQueryLedger uploads, FileTree tree, EventFeed feed, AccessWatch watch)
    {
        (_uploads, _tree, _feed) = (uploads, tree, feed);
        watch.Changed += RenewSpacesAsync;
        watch.Changed += DoubtUploadsAsync;
        watch.Checked += LeaveLostUploadsAsync;
    }

    /// <summary>Subscribes to a scope. False if the caller may not listen to it.</summary>
    public async Task<bool> SubscribeAsync(EventListener listener, Caller caller, string scope, CancellationToken cancellationToken)
    {
        if (KeysOf(caller, scope) is not { } keys)
            return false;
        if (scope == "own")
            listener.ListenToOwnSpaces(await SpacesAsync(caller, cancellationToken));
        listener.Subscribe(keys);
        return true;
    }

    public static void Unsubscribe(EventListener listener, Caller caller, string scope)
    {
        if (KeysOf(caller, scope) is { } keys)
            listener.Unsubscribe(keys);
        if (scope == "own")
            listener.LeaveOwnSpaces();
    }

    /// <summary>The keys of uploads; null if one of them is not there for the caller.</summary>
    public async Task<IReadOnlyList<string>?> OfUploadsAsync(
        Caller caller, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var parsed = new HashSet<UploadId>();
        foreach (var text in ids)
        {
            if (!UploadId.TryParse(text, out var id))
                return null;
            parsed.Add(id);
        }

        var found = await _uploads.FindAllAsync(caller, parsed, cancellationToken);
        return found.Count == parsed.Count ? [.. found.Select(upload => EventListener.UploadKey(upload.Id))] : null;
    }

    private static string[]? KeysOf(Caller caller, string scope)
    {
        var operates = caller.Scopes.HasFlag(Scopes.Operate | Scopes.Admin);
        return scope switch
        {
            "own" => [EventListener.OwnKey(caller.Tenant, caller.Subject)],
            // Jobs and the store concern operators, whichever tenant they look at.
            "tenant" when caller.SeesAll => operates
                ? [EventListener.TenantKey(caller.Tenant), EventListener.OperatorsKey]
                : [EventListener.TenantKey(caller.Tenant)],
            "all" when operates => [EventListener.AllKey],
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

    private Task DoubtUploadsAsync(CancellationToken cancellationToken)
    {
        // One upload of each listener in turn, so that a listener with thousands of uploads does not delay the others.
        _doubtful = new(_feed.Listeners
            .SelectMany(listener => listener.Caller is { } caller
                ? listener.Uploads.Select((upload, turn) => (Turn: turn, Heard: new HeardUpload(caller.Tenant, caller.Owner, upload)))
                : [])
            .OrderBy(one => one.Turn).Select(one => one.Heard).Distinct());
        return LeaveLostUploadsAsync(cancellationToken);
    }

    private async Task LeaveLostUploadsAsync(CancellationToken cancellationToken)
    {
        if (_doubtful.Count == 0)
            return;
        HeardUpload[] some = [.. _doubtful.Take(MostAtOnce)];
        var lost = (await _uploads.UnseenAsync(some, cancellationToken))
            .ToLookup(one => (one.Tenant, one.Owner), one => EventListener.UploadKey(one.Upload));
        foreach (var listener in _feed.Listeners)
        {
            if (listener.Caller is { } caller)
                listener.Unsubscribe(lost[(caller.Tenant, caller.Owner)]);
        }

        foreach (var _ in some)
            _doubtful.Dequeue();
    }
}
