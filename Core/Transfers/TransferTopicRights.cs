using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Transfers;

/// <summary>Who sees a transfer may follow it: its owner, and the admins of its tenant.</summary>
internal sealed class TransferTopicRights(ITransferLedger transfers) : ITopicRights
{
    public string Kind => TopicKinds.Transfer;

    public static Topic TopicOf(Guid transfer) => new(TopicKinds.Transfer, transfer.ToString("n"));

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

        var seen = await transfers.SeenAsync(caller, parsed, cancellationToken);
        return seen.Count == parsed.Count ? [.. seen.Select(TopicOf)] : null;
    }

    // A transfer stays its owner's, and a request of a caller who loses his tenant or what he sees of it ends.
    public Task<IReadOnlyList<HeardTopic>> LostAsync(IReadOnlyList<HeardTopic> heard, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<HeardTopic>>([]);
}
