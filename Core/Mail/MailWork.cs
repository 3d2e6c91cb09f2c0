using System.Text.Json;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Mail;

/// <summary>
/// Processes a queued mail: writes its text if necessary, and sends it through the mail server. It is sent at least once, and retried until
/// it expires.
/// </summary>
public sealed partial class MailWork(
    MailOptions options, IMailLedger ledger, IMailSender sender, IEnumerable<IMailWriter> writers, TimeProvider time,
    ILogger<MailWork> log) : IWorkKind
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    public string Name => "mail";

    // Mails are few, and are sent in order.
    public int AtOnce => 1;

    // Longer than the time limits of all steps with the mail server.
    public TimeSpan Lease => TimeSpan.FromMinutes(5);

    public WorkBackoff Backoff => new(TimeSpan.FromSeconds(4), LongestPause);

    public async Task<WorkOutcome> WorkAsync(WorkLease lease)
    {
        if (await ledger.FindAsync(lease.Reference, lease.Token) is not { } waiting)
            return WorkOutcome.Done;
        if (waiting.ExpiresAt <= time.GetUtcNow())
            return await EndUnsentAsync(lease, "it has expired");
        // Operators may have disabled mails temporarily.
        if (!options.AreOn)
            return WorkOutcome.Postponed(LongestPause);
        if (waiting.Content is not { } content)
            return await EndUnsentAsync(lease, "the keys that protected it are gone");
        try
        {
            if (waiting.Writer != MailQueue.Written)
            {
                if (await WriterOf(waiting.Writer).WriteAsync(content, lease.Token) is not { } mail)
                    return await EndAsync(lease);
                content = JsonSerializer.Serialize(mail);
                // Otherwise every attempt would create another link.
                if (!await ledger.WriteAsync(lease.Item, content, lease.Token))
                    return WorkOutcome.Settled;
            }

            await sender.SendAsync(JsonSerializer.Deserialize<MailText>(content)!, lease.Token);
            return await EndAsync(lease);
        }
        catch (MailFailedException reason)
        {
            SentLater(reason.Message);
            return WorkOutcome.Failed;
        }
    }

    private IMailWriter WriterOf(string name) => writers.Single(writer => writer.Name == name);

    private async Task<WorkOutcome> EndUnsentAsync(WorkLease lease, string reason)
    {
        NotSent(reason);
        return await EndAsync(lease);
    }

    // Recorded even while the service stops: otherwise the mail would be sent twice.
    private async Task<WorkOutcome> EndAsync(WorkLease lease)
    {
        await ledger.EndAsync(lease.Item, CancellationToken.None);
        return WorkOutcome.Settled;
    }

    [LoggerMessage(7451, LogLevel.Warning, "A mail could not be sent and is tried again: {Reason}")]
    private partial void SentLater(string reason);

    [LoggerMessage(7452, LogLevel.Error, "A mail was given up: {Reason}")]
    private partial void NotSent(string reason);
}
