using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Mail;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Mail;

/// <summary>How the connection to the mail server is protected.</summary>
public enum MailTls
{
    /// <summary>STARTTLS; no mail is sent to a server that does not support it.</summary>
    StartTls = 1,

    /// <summary>TLS from the first byte, usually at port 465.</summary>
    Implicit,

    /// <summary>Without TLS.</summary>
    None,
}

/// <summary>The mail server for mails to users and operators.</summary>
[Settings("Mail")]
public sealed class MailOptions : IValidatableObject
{
    [Description(
        "The mail server (SMTP). With it, people can ask for a new password at the sign-in page, the service mails invitations, and it "
        + "reports problems to Mail:Operators. It needs Proxy:PublicUrl, because the links in mails begin with that address. Not set: the "
        + "service sends no mail. For operators who have users with passwords, or who want mails about problems.")]
    public string? Host { get; set; }

    [Description("The mail server's port. Operators whose server listens elsewhere set it.")]
    [Range(1, 65535)]
    public int Port { get; set; } = 587;

    [Description("How the connection is protected: operators set what their server offers. None only for a server on this machine.")]
    public MailTls Tls { get; set; } = MailTls.StartTls;

    [Description("The name with which the service signs in to the mail server. Not set: it does not. For operators whose server demands "
        + "it.")]
    public string? User { get; set; }

    [Secret]
    [Description("The password for Mail:User. Operators set both or neither.")]
    public string? Password { get; set; }

    [Description("The sender's address, such as uploads@example.org. Operators set it with Mail:Host.")]
    public string? From { get; set; }

    [Description(
        "The addresses to which problems are mailed: a store that takes no uploads, damaged files, failed jobs, a certificate near its "
            + "end; each kind at most once an hour. For operators who do not watch the metrics.")]
    public string[] Operators { get; set; } = [];

    public bool AreOn => !string.IsNullOrEmpty(Host);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!AreOn)
            yield break;
        if (From is null || !MailAddress.TryCreate(From, out _))
            yield return new ValidationResult("Mail:Host needs Mail:From, an address such as uploads@example.org.");
        foreach (var address in Operators.Where(address => !MailAddress.TryCreate(address, out _)))
            yield return new ValidationResult($"Mail:Operators: \"{address}\" is not an address.");
        if (string.IsNullOrEmpty(User) != string.IsNullOrEmpty(Password))
            yield return new ValidationResult("Mail:User and Mail:Password belong together: set both or none.");
        if (Tls == MailTls.None && Host != "localhost" && !(IPAddress.TryParse(Host, out var own) && IPAddress.IsLoopback(own)))
            yield return new ValidationResult("Mail:Tls=None sends mails unencrypted; use it only for a server on this machine.");
    }
}
