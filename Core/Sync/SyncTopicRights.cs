using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Sync;

/// <summary>Allows the owner of a pair to subscribe to its events.</summary>
internal sealed class SyncTopicRights(ISyncLedger syncs) : SeenTopicRights
{
    public override string Kind => TopicKinds.Sync;

    protected override Task<IReadOnlyList<Guid>> SeenAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        syncs.SeenAsync(caller, ids, cancellationToken);
}
