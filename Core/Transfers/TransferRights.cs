using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers;

/// <summary>
/// Lets work on a transfer act with its owner's rights at this moment, and stops it when one of those that it needs has ended
/// (<see cref="RunningCallers"/>).
/// </summary>
public sealed class TransferRights(Credentials credentials, RunningCallers running)
{
    /// <summary>What a transfer that waits for its owner's rights says.</summary>
    internal const string NoneNow = "The owner may make no transfers at the moment.";

    /// <summary>How long it waits until it looks for them again.</summary>
    internal static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The owner as the transfer may act. Null when that is nothing any more: disabled, removed, without a scope that it needs, with an
    /// ended key, or in a suspended tenant.
    /// </summary>
    public async Task<Caller?> OwnerAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        if (await credentials.OfSubjectAsync(transfer.Tenant, transfer.Subject, transfer.ApiKey, cancellationToken) is not { } owner)
            return null;
        var lent = owner.Within(transfer.Scopes);
        return lent.Scopes.HasFlag(transfer.Needs) ? lent : null;
    }

    /// <summary>Lists work until the result is disposed of. Look at the transfer afterwards: it may have been paused before.</summary>
    internal RunningWork Begin(Transfer transfer, Caller owner, CancellationToken cancellationToken) => running.Begin(
        owner with { Scopes = transfer.Needs, SeesAll = false },
        credentials.RecheckOf(transfer.Tenant, transfer.Subject, transfer.ApiKey), LabelOf(transfer.Id), cancellationToken);

    /// <summary>Stops the work of this process on a transfer that was paused, or that ends.</summary>
    public void Stop(Guid transfer) => running.Stop(LabelOf(transfer));

    private static string LabelOf(Guid transfer) => $"{TopicKinds.Transfer}:{transfer:n}";
}
