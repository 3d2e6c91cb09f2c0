namespace ChunkUpload.Core.Mail;

/// <summary>Hands a mail to the mail server.</summary>
public interface IMailSender
{
    /// <exception cref="MailFailedException">The server cannot be reached or does not take it.</exception>
    Task SendAsync(MailText mail, CancellationToken cancellationToken);
}

/// <param name="To">One address.</param>
/// <param name="Body">Plain text. It may have a secret link in it: it is never logged.</param>
public sealed record MailText(string To, string Subject, string Body);

public sealed class MailFailedException(string reason, Exception inner) : Exception(reason, inner);
