using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Mail;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Sends the mails to the owner of a transfer that its options request. If several transfers wait for one sign-in, only one mail is sent.
/// An expired secret of the application is reported to operators only.
/// </summary>
public sealed class TransferMailWork(
    ITransferWorkLedger ledger, IConnectionLedger connections, IPeopleLedger people, MailOptions options, MailQueue mails) : IWorkKind
{
    /// <summary>Writes the mail (<see cref="IMailWriter.Name"/>).</summary>
    public const string Writer = "transfer";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);

    public string Name => "transfer_mail";

    public int AtOnce => 1;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(1);

    public WorkBackoff Backoff => new(TimeSpan.FromSeconds(4), TimeSpan.FromMinutes(10));

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await ledger.GetAsync(lease.Reference, lease.Token) is not { Mail: { } note } transfer)
            return WorkOutcome.Done;
        var broken = note == TransferNote.NeedsOwner && transfer.Wait?.Reason == WaitReason.SignIn
            ? await BrokenAsync(transfer, lease.Token)
            : null;
        if (broken is not { Mailed: true })
        {
            foreach (var address in await AddressesAsync(transfer, broken, lease.Token))
            {
                var content = JsonSerializer.Serialize(new TransferMail(transfer.Id, note, broken?.Id, address));
                await mails.AddAsync(Writer, content, Lifetime, lease.Token);
            }
        }

        await ledger.EndMailAsync(lease.Item, note, broken?.Id, CancellationToken.None);
        return WorkOutcome.Settled;
    }

    private async Task<Connection?> BrokenAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        foreach (var id in new[] { transfer.Source, transfer.Destination })
        {
            if (id is { } one && await connections.GetAsync(one, cancellationToken) is { State: not ConnectionState.Ready } broken)
                return broken;
        }

        return null;
    }

    private async Task<IReadOnlyList<string>> AddressesAsync(
        Transfer transfer, Connection? broken, CancellationToken cancellationToken)
    {
        if (broken?.State == ConnectionState.AppSecretEnded)
            return options.Operators;
        return SubjectId.Parse(transfer.Subject)?.User is { } user
            && await people.FindUserAsync(user, cancellationToken) is { Enabled: true, Email: { Length: > 0 } address } ? [address] : [];
    }
}

/// <summary>The input of the writer of a mail about a transfer.</summary>
/// <param name="Connection">The connection that does not work.</param>
/// <param name="To">The mail address.</param>
public sealed record TransferMail(Guid Transfer, TransferNote Note, Guid? Connection, string To);
