using ChunkUpload.Api.Access;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Mail;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record MeChangeBody
{
    public string? DisplayName { get; init; }

    /// <summary>The e-mail address; empty to remove it.</summary>
    public string? Email { get; init; }

    /// <summary>The new password; it ends all other sessions.</summary>
    public string? Password { get; init; }

    /// <summary>Required with a new password or another e-mail address. A user without a password must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The code of the second factor, if the user has one and the current password is required.</summary>
    public string? Code { get; init; }
}

internal sealed class MeChangeValidator : AbstractValidator<MeChangeBody>
{
    public MeChangeValidator()
    {
        RuleFor(body => body.DisplayName).MustBeTitle("displayName", needed: false);
        RuleFor(body => body.Email).MustBeEmail();
        RuleFor(body => body.Password).MustBePassword();
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

/// <summary>PATCH /api/me: changes the caller's own account.</summary>
internal static class ChangeMe
{
    private static readonly TimeSpan NoticeLifetime = TimeSpan.FromDays(7);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(GetMe.Path, HandleAsync).RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<MeChangeBody> validator, IPeopleLedger people, ITreeLedger trees, Passwords passwords,
        Reauthentication again, Credentials credentials, MailQueue mails)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.MeChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        if (Reauthentication.AccountOf(caller) is not { } id || await people.FindUserAsync(id, context.RequestAborted) is not { } user)
            return Reauthentication.NeedsSession;

        // 1. A session must not be sufficient to gain other access. Links for a new password are mailed to the e-mail address.
        var newAddress = body.Email is { } email && email != (user.Email ?? "");
        if ((newAddress || body.Password is not null)
            && await again.RefusalAsync(id, caller.Credential, body.CurrentPassword, body.Code, context.RequestAborted) is { } refusal)
            return refusal;

        // 2.
        if (body.Password is { } password)
        {
            Guid? session = Guid.TryParse(caller.Credential.Id, out var own) ? own : null;
            await people.SetPasswordAsync(id, passwords.Hash(password), session, keepAccounts: true, context.RequestAborted);
        }

        await people.ChangeUserAsync(id, body.DisplayName, body.Email, null, null, context.RequestAborted);
        if (newAddress && user.Email is not null)
            await mails.AddAsync(NoticeOf(user, body.Email!), NoticeLifetime, context.RequestAborted);
        credentials.Forget();
        return JsonAnswer.Of(await GetMe.ViewAsync(caller, people, trees, context.RequestAborted), ApiJson.Out.MeView);
    }

    /// <summary>Creates the mail to the previous address, so that the user notices a change by an intruder.</summary>
    private static MailText NoticeOf(User user, string address)
    {
        var change = address.Length == 0
            ? "This e-mail address was removed from your account"
            : $"The e-mail address of your account is now {address}";
        return new MailText(
            user.Email!, "Your e-mail address at ChunkUpload was changed",
            $"Hello {user.DisplayName},\n\n{change}. If that was not you, ask an administrator to reset your password.\n");
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ChangeMe), "Change my account",
        "Display name, e-mail address and password, by users who are signed in. Missing fields do not change. A new password and another "
            + "e-mail address need the current password, and a code if there is a second factor; a user without a password must have "
            + "signed in within ten minutes. A new password ends all other sessions; "
            + "the former address gets a mail about a change of address.")
    {
        Json = new(typeof(MeChangeBody), """{"displayName":"Ann Lee","email":"ann@example.org","currentPassword":"a long password"}"""),
        Answers = [new(200, "The caller.", typeof(MeView), MeView.Example)],
        Errors = ErrorsOf.Reauthentication,
    };
}
