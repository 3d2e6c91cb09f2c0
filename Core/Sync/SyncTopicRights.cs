using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Sync;

/// <summary>Only the owner of a pair may follow it.</summary>
internal sealed class SyncTopicRights(ISyncLedger syncs) : ITopicRights
{
    public string Kind => TopicKinds.Sync;

    public static Topic TopicOf(Guid pair) => new(TopicKinds.Sync, pair.ToString("n"));

    public async Task<IReadOnlyList<Topic>?> FindAsync(
        Caller caller, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        if (!caller.Scopes.HasFlag(TopicScopes.NeedOf(Kind)))
            return null;
        var parsed = new HashSet<Guid>();
        foreach (var text in ids)
        {
            if (!UploadId.TryParse(text, out var id))
                return null;
            parsed.Add(id.Value);
        }

        var seen = await syncs.SeenAsync(caller, parsed, cancellationToken);
        return seen.Count == parsed.Count ? [.. seen.Select(TopicOf)] : null;
    }

    // A pair stays its owner's, and a request of a caller who loses the tenant ends.
    public Task<IReadOnlyList<HeardTopic>> LostAsync(IReadOnlyList<HeardTopic> heard, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<HeardTopic>>([]);
}
