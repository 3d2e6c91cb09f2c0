using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Files;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record MeChangeBody
{
    public string? DisplayName { get; init; }

    /// <summary>Empty removes it.</summary>
    public string? Email { get; init; }

    /// <summary>The new password; it ends all other sessions.</summary>
    public string? Password { get; init; }

    /// <summary>Needed with a new password.</summary>
    public string? CurrentPassword { get; init; }
}

internal sealed class MeChangeValidator : AbstractValidator<MeChangeBody>
{
    public MeChangeValidator()
    {
        RuleFor(body => body.DisplayName).MustBeTitle("displayName", needed: false);
        RuleFor(body => body.Email).MustBeEmail();
        RuleFor(body => body.Password).MustBePassword();
        RuleFor(body => body.CurrentPassword).NotNull().When(body => body.Password is not null)
            .OverridePropertyName("currentPassword").WithMessage("Send currentPassword with a new password.");
        RuleFor(body => body.CurrentPassword).MaximumLength(Passwords.Longest).OverridePropertyName("currentPassword")
            .WithMessage($"A password has at most {Passwords.Longest} characters.");
    }
}

/// <summary>PATCH /api/me: what users change about themselves.</summary>
internal static class ChangeMe
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(GetMe.Path, HandleAsync).RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<MeChangeBody> validator, IUserLedger users, ITreeLedger trees, Passwords passwords,
        Reauthentication again, Credentials credentials)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.MeChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        if (PeopleRoutes.AccountOf(caller) is not { } id || await users.FindAsync(id, context.RequestAborted) is not { } user)
            return PeopleRoutes.NeedsSession;

        // 1. The current password comes first: nothing changes if it is wrong.
        if (body.Password is { } password)
        {
            if (await users.FindAsync(user.Name, context.RequestAborted) is not { } secrets)
                return PeopleRoutes.NeedsSession;
            if (again.PasswordRefusal(secrets, body.CurrentPassword!) is { } wrong)
                return wrong;
            Guid? session = Guid.TryParse(caller.Credential.Id, out var own) ? own : null;
            await users.SetPasswordAsync(id, passwords.Hash(password), session, keepAccounts: true, context.RequestAborted);
        }

        // 2.
        await users.ChangeAsync(id, body.DisplayName, body.Email, null, null, context.RequestAborted);
        credentials.Forget();
        return JsonAnswer.Of(await GetMe.ViewAsync(caller, users, trees, context.RequestAborted), ApiJson.Out.MeView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ChangeMe), "Change my account",
        "Display name, e-mail address and password, by users who are signed in. What is missing stays. A new password needs the current "
            + "one and ends all other sessions.")
    {
        Json = new(typeof(MeChangeBody), """{"displayName":"Ann Lee","email":"ann@example.org"}"""),
        Answers = [new(200, "The caller.", typeof(MeView), MeView.Example)],
        Fails = PeopleRoutes.Fails,
        Refuses = [.. PeopleRoutes.BodyFaults, RequestError.TooManyAttempts],
    };
}
