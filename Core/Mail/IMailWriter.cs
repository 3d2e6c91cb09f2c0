namespace ChunkUpload.Core.Mail;

/// <summary>
/// Writes mails whose text depends on what a request must not look up: how long it takes must not reveal whether an account exists.
/// </summary>
public interface IMailWriter
{
    /// <summary>As the ledger knows it; never changed.</summary>
    string Name { get; }

    /// <returns>Null if there is nothing to send.</returns>
    Task<MailText?> WriteAsync(string content, CancellationToken cancellationToken);
}
