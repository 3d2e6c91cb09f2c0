using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Mail;
using FluentValidation;

namespace ChunkUpload.Api.Access.SigningIn;

internal sealed record ForgottenBody
{
    public string? Name { get; init; }
}

internal sealed class ForgottenValidator : AbstractValidator<ForgottenBody>
{
    private const int Longest = 256;

    public ForgottenValidator() =>
        RuleFor(body => body.Name).Must(name => !string.IsNullOrWhiteSpace(name) && name.Length <= Longest).OverridePropertyName("name")
            .WithMessage("Send the name with which you sign in.");
}

/// <summary>
/// POST /signin/forgotten: mails a link for a new password to the user of a name. The response is the same if there is no such user, no
/// e-mail address, or too many requests for the name.
/// </summary>
internal static class ResetPassword
{
    private const int PerMinute = 10;


    public static void Map(WebApplication app) => app.MapPost("/signin/forgotten", HandleAsync).AllowAnonymous().ExcludeFromDescription();

    /// <summary>The mail with an invitation, or with a link for a new password.</summary>
    public static MailText MailOf(User user, string link, TimeSpan lifetime, bool invited)
    {
        var hello = $"Hello {user.DisplayName},\n\n";
        var valid = lifetime >= TimeSpan.FromDays(1) ? $"{lifetime.TotalDays:0} days" : $"{lifetime.TotalMinutes:0} minutes";
        var text = invited
            ? $"you are invited to ChunkUpload. Choose a password here; your name for signing in is {user.Name}:"
            : "a new password was requested for your account. If you requested it, choose one here:";
        var otherwise = invited ? "" : " If you did not request it, do nothing: your password stays as it is.";
        return new MailText(
            user.Email!, invited ? "Your invitation to ChunkUpload" : "A new password for ChunkUpload",
            $"{hello}{text}\n\n{link}\n\nThe link is valid once, for {valid}.{otherwise}\n");
    }

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<ForgottenBody> validator, MailOptions mail, MailQueue mails, RateBook rates,
        PasswordResetThrottle asked)
    {
        // 1.
        if (!RequestOrigin.IsOwn(context.Request))
            return Refusal.Of(RequestError.ForbiddenOrigin, RequestOrigin.Fault);
        if (!mail.AreOn)
            return Refusal.Of(RequestError.NoSuchRoute, "No mail server is configured here (Mail:Host). Ask an administrator for a link.");
        var from = context.Connection.RemoteIpAddress;
        var address = new LimitTarget(LimitScope.Address, "", SignInAttempts.KeyOf(from));
        if (rates.TryTake(address, "forgotten", PerMinute) is { } wait)
            return SignIn.TooMany(wait, "from this address");
        var read = await JsonBody.ReadAsync(context, ApiJson.In.ForgottenBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;

        // 2. The user is looked up when the mail is written, so that the response time does not reveal whether the user exists.
        var name = SignInCheck.Folded(body.Name!);
        if (asked.MayAsk(name))
        {
            var content = ResetMailWriter.Content(name, PublicAddress.Of(context.Request, ""), from);
            await mails.AddAsync(ResetMailWriter.Writer, content, BrowserSessions.ResetLifetime, context.RequestAborted);
        }

        return TypedResults.Accepted((string?)null);
    }
}
