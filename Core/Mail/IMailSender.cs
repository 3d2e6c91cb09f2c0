namespace ChunkUpload.Core.Mail;

/// <summary>Sends a mail through the mail server.</summary>
public interface IMailSender
{
    /// <exception cref="MailFailedException">The server cannot be reached or does not accept the mail.</exception>
    Task SendAsync(MailText mail, CancellationToken cancellationToken);
}

/// <param name="To">One address.</param>
/// <param name="Body">Plain text. It may contain a secret link, so it is never logged.</param>
public sealed record MailText(string To, string Subject, string Body);

public sealed class MailFailedException(string reason, Exception inner) : Exception(reason, inner);
