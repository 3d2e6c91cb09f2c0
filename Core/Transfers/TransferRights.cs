using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers;

/// <summary>
/// Runs work on a transfer with its owner's current rights, and stops it if a required right ends (<see cref="RunningCallers"/>).
/// </summary>
public sealed class TransferRights(Credentials credentials, RunningCallers running)
{
    /// <summary>The message of a transfer that waits for its owner's rights.</summary>
    internal const string NoneNow = "The owner may not make transfers at the moment.";

    /// <summary>The time until the rights are checked again.</summary>
    internal static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Returns the owner with the rights of the transfer. Null if the transfer may no longer run: the owner is disabled, removed or lacks a
    /// required scope, the key has ended, or the tenant is suspended.
    /// </summary>
    public async Task<Caller?> OwnerAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        if (await credentials.OfSubjectAsync(transfer.Tenant, transfer.Subject, transfer.ApiKey, cancellationToken) is not { } owner)
            return null;
        var lent = owner.Within(transfer.Scopes);
        return lent.Scopes.HasFlag(transfer.Needs) ? lent : null;
    }

    /// <summary>
    /// Lists work until the result is disposed. Read the transfer's state afterwards, because it may have been paused before.
    /// </summary>
    internal RunningWork Begin(Transfer transfer, Caller owner, CancellationToken cancellationToken) => running.Begin(
        owner with { Scopes = transfer.Needs, SeesAll = false },
        credentials.RecheckOf(transfer.Tenant, transfer.Subject, transfer.ApiKey), LabelOf(transfer.Id), cancellationToken);

    /// <summary>Stops the work of this process on a transfer that was paused, or that ends.</summary>
    public void Stop(Guid transfer) => running.Stop(LabelOf(transfer));

    private static string LabelOf(Guid transfer) => $"{TopicKinds.Transfer}:{transfer:n}";
}
