using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Mail;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Writes the mail with a link for a new password, if the requested name has an account with a mail address.</summary>
internal sealed class ResetMailWriter(IPeopleLedger people, BrowserSessions sessions, IAuditLedger audit) : IMailWriter
{
    public const string Writer = "reset";

    public string Name => Writer;

    /// <param name="name">The account's name, folded.</param>
    /// <param name="page">The service's own address, with which the link begins.</param>
    /// <param name="from">The address of the client.</param>
    public static string Content(string name, string page, IPAddress? from) =>
        JsonSerializer.Serialize(new Wish(name, page, from?.ToString()));

    public async Task<MailText?> WriteAsync(string content, CancellationToken cancellationToken)
    {
        var wish = JsonSerializer.Deserialize<Wish>(content)!;
        if ((await people.FindSecretsAsync(wish.Name, cancellationToken))?.User is not { Enabled: true, Email: not null } user)
            return null;
        Actor.Current = Actor.Unknown(wish.From is { } address ? IPAddress.Parse(address) : null);
        await audit.AddAsync("user.reset_mailed", user.Subject, null, cancellationToken);
        var token = await sessions.NewResetLinkAsync(user, cancellationToken);
        return ResetPassword.MailOf(user, SignIn.LinkOf(wish.Page, token), BrowserSessions.ResetLifetime, invited: false);
    }

    private sealed record Wish(string Name, string Page, string? From);
}
