using System.Text.Json;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Mail;

/// <summary>Adds mails to the queue in the ledger. <see cref="MailWork"/> sends them.</summary>
public sealed class MailQueue(MailOptions options, IMailLedger ledger, WorkQueue queue, TimeProvider time)
{
    /// <summary>The name in place of a writer if the mail's text is complete.</summary>
    public const string Written = "text";

    /// <param name="lifetime">The time after which the mail expires.</param>
    public Task AddAsync(MailText mail, TimeSpan lifetime, CancellationToken cancellationToken) =>
        AddAsync(Written, JsonSerializer.Serialize(mail), lifetime, cancellationToken);

    /// <summary>Adds mails about trouble, unless this kind of it was told a short time ago.</summary>
    /// <param name="quiet">How long nothing more is told of it.</param>
    public async Task TellAsync(
        string kind, TimeSpan quiet, IEnumerable<MailText> all, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var expiresAt = time.GetUtcNow() + lifetime;
        await ledger.TellAsync(
            kind, quiet, [.. all.Select(mail => new WaitingMail(Written, JsonSerializer.Serialize(mail), expiresAt))], cancellationToken);
        queue.Wake();
    }

    /// <param name="writer">Writes the mail when it is its turn (<see cref="IMailWriter.Name"/>).</param>
    /// <param name="content">What it needs, as JSON.</param>
    public async Task AddAsync(string writer, string content, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        if (!options.AreOn)
            return;
        await ledger.AddAsync(Guid.NewGuid(), new WaitingMail(writer, content, time.GetUtcNow() + lifetime), cancellationToken);
        queue.Wake();
    }
}
