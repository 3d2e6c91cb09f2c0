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

    /// <param name="writer">The name of the writer that writes the mail before it is sent (<see cref="IMailWriter.Name"/>).</param>
    /// <param name="content">The writer's input, as JSON.</param>
    public async Task AddAsync(string writer, string content, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        if (!options.AreOn)
            return;
        await ledger.AddAsync(Guid.NewGuid(), new WaitingMail(writer, content, time.GetUtcNow() + lifetime), cancellationToken);
        queue.Wake();
    }
}
