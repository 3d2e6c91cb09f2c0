using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Mail;

/// <summary>A mail in the queue.</summary>
/// <param name="Writer">The name of its writer (<see cref="IMailWriter.Name"/>); <see cref="MailQueue.Written"/> if its text is
/// complete.</param>
/// <param name="Content">The mail or the writer's input, as JSON. Null if it cannot be read, because the keys that protected it are lost.
/// </param>
/// <param name="ExpiresAt">When the mail expires.</param>
public sealed record WaitingMail(string Writer, string? Content, DateTimeOffset ExpiresAt);

/// <summary>Stores queued mails. Their content is encrypted like second factors.</summary>
public interface IMailLedger
{
    /// <summary>Adds a mail and the work item that sends it, which has the same id.</summary>
    Task AddAsync(Guid id, WaitingMail mail, CancellationToken cancellationToken);

    /// <summary>Adds mails about trouble, unless this kind of it was told a short time ago, on whichever node.</summary>
    /// <param name="quiet">How long nothing more is told of it.</param>
    Task TellAsync(string kind, TimeSpan quiet, IReadOnlyList<WaitingMail> mails, CancellationToken cancellationToken);

    Task<WaitingMail?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Stores the mail that a writer has written.</summary>
    /// <returns>False if the lease is lost.</returns>
    Task<bool> WriteAsync(WorkItem item, string content, CancellationToken cancellationToken);

    /// <summary>Removes a mail, and ends its lease.</summary>
    Task EndAsync(WorkItem item, CancellationToken cancellationToken);
}
