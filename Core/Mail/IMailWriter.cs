namespace ChunkUpload.Core.Mail;

/// <summary>
/// Writes mails in the background, because the duration of a request must not reveal whether an account exists.
/// </summary>
public interface IMailWriter
{
    /// <summary>The name in the ledger, which must never change.</summary>
    string Name { get; }

    /// <returns>Null if there is nothing to send.</returns>
    Task<MailText?> WriteAsync(string content, CancellationToken cancellationToken);
}
