using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Transfers;

/// <summary>Who sees a transfer may follow it: its owner, and the admins of its tenant.</summary>
internal sealed class TransferTopicRights(ITransferLedger transfers) : SeenTopicRights
{
    public override string Kind => TopicKinds.Transfer;

    public static Topic TopicOf(Guid transfer) => new(TopicKinds.Transfer, transfer.ToString("n"));

    protected override Task<IReadOnlyList<Guid>> SeenAsync(
        Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        transfers.SeenAsync(caller, ids, cancellationToken);
}
