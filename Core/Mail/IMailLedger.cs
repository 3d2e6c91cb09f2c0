using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Mail;

/// <summary>A mail that waits.</summary>
/// <param name="Writer">Who writes it (<see cref="IMailWriter.Name"/>); <see cref="MailQueue.Written"/>: it is written.</param>
/// <param name="Content">
/// JSON: the mail, or what its writer needs. Null if it cannot be read, because the keys that protected it are gone.
/// </param>
/// <param name="ExpiresAt">When it has no use any more.</param>
public sealed record WaitingMail(string Writer, string? Content, DateTimeOffset ExpiresAt);

/// <summary>The mails that wait. Their content is protected as second factors are.</summary>
public interface IMailLedger
{
    /// <summary>Adds a mail and the item of work that sends it, which has the same id.</summary>
    Task AddAsync(Guid id, WaitingMail mail, CancellationToken cancellationToken);

    Task<WaitingMail?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Stores the mail that a writer has written.</summary>
    /// <returns>False if the lease is lost.</returns>
    Task<bool> WriteAsync(WorkItem item, string content, CancellationToken cancellationToken);

    /// <summary>Removes a mail, and ends its lease.</summary>
    Task EndAsync(WorkItem item, CancellationToken cancellationToken);
}
