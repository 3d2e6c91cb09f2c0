using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Mail;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Projects;

/// <summary>
/// Processes file transfers: mails the device's user that requests wait for an answer, at most once an hour, and ends expired transfers.
/// For the relay upload of an ended transfer, stops its running requests.
/// </summary>
public sealed class FileRequestWork(
    IFileTransferLedger ledger, UploadCatalog uploads, IPeopleLedger people, MailOptions options, MailQueue mails) : IWorkKind
{
    /// <summary>Writes the mail (<see cref="IMailWriter.Name"/>).</summary>
    public const string Writer = "file_requests";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    public string Name => "file_request";

    public int AtOnce => 4;

    public TimeSpan Lease { get; } = TimeSpan.FromMinutes(2);

    public WorkBackoff Backoff => new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await ledger.GetAsync(lease.Reference, lease.Token) is not { } transfer)
        {
            await uploads.StopEndedAsync(new UploadId(lease.Reference), lease.Token);
            return WorkOutcome.Done;
        }

        var mailed = options.AreOn && transfer is { Status: FileTransferStatus.Pending, Answer: FileAnswer.Waiting }
            ? await MailAsync(transfer, lease.Token)
            : null;
        if (await ledger.ExpireAsync(transfer.Id, lease.Token) is not { } left)
            return WorkOutcome.Done;
        var pause = mailed ?? (transfer.Status == FileTransferStatus.InProgress ? LongestPause : left);
        return WorkOutcome.Postponed(pause < left ? pause : left);
    }

    /// <returns>The time until a mail may be sent; <c>null</c> if no requests wait.</returns>
    private async Task<TimeSpan?> MailAsync(FileTransfer transfer, CancellationToken cancellationToken)
    {
        var wait = await ledger.ClaimMailAsync(transfer.Id, cancellationToken);
        if (wait != TimeSpan.Zero)
            return wait;
        // If the process is killed from here on, the mail is lost; the page shows the same.
        if (await people.FindUserAsync(transfer.Source.User, cancellationToken) is { Enabled: true, Email: { Length: > 0 } address })
        {
            var content = JsonSerializer.Serialize(new FileRequestMail(transfer.Id, address));
            await mails.AddAsync(Writer, content, Lifetime, cancellationToken);
        }

        return null;
    }
}

/// <summary>The input of the writer of a mail about requests.</summary>
/// <param name="To">The mail address.</param>
public sealed record FileRequestMail(Guid Transfer, string To);
