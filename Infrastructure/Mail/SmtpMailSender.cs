using System.Net.Sockets;
using ChunkUpload.Core.Mail;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace ChunkUpload.Infrastructure.Mail;

/// <summary>Sends mail over SMTP, with a new connection for each one, because mails are few.</summary>
internal sealed class SmtpMailSender(MailOptions options) : IMailSender
{
    private const int Milliseconds = 30_000;

    public async Task SendAsync(MailText mail, CancellationToken cancellationToken)
    {
        using var message = new MimeMessage();
        message.From.Add(MailboxAddress.Parse(options.From!));
        message.To.Add(MailboxAddress.Parse(mail.To));
        message.Subject = mail.Subject;
        // Keeps automatic replies, such as out-of-office notes, from being sent back (RFC 3834).
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new TextPart("plain") { Text = mail.Body };
        try
        {
            using var client = new SmtpClient { Timeout = Milliseconds };
            await client.ConnectAsync(options.Host!, options.Port, Security, cancellationToken);
            if (!string.IsNullOrEmpty(options.User))
                await client.AuthenticateAsync(options.User, options.Password!, cancellationToken);
            await client.SendAsync(message, cancellationToken);
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (Exception reason) when (reason is IOException or SocketException or TimeoutException or CommandException
            or ProtocolException or AuthenticationException or SslHandshakeException or NotSupportedException)
        {
            throw new MailFailedException($"{options.Host}:{options.Port} did not accept the mail ({reason.GetType().Name}).", reason);
        }
    }

    private SecureSocketOptions Security => options.Tls switch
    {
        MailTls.Implicit => SecureSocketOptions.SslOnConnect,
        MailTls.None => SecureSocketOptions.None,
        _ => SecureSocketOptions.StartTls,
    };
}
