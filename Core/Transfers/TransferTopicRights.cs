using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Transfers;

/// <summary>Allows the owner of a transfer and the admins of its tenant to subscribe to its events.</summary>
internal sealed class TransferTopicRights(ITransferLedger transfers) : SeenTopicRights
{
    public override string Kind => TopicKinds.Transfer;

    public static Topic TopicOf(Guid transfer) => new(TopicKinds.Transfer, transfer.ToString("n"));

    protected override Task<IReadOnlyList<Guid>> SeenAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        transfers.SeenAsync(caller, ids, cancellationToken);
}
