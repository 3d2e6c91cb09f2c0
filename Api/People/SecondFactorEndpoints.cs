using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record CodeBody
{
    /// <summary>Six digits of the app, or a recovery code to remove an existing second factor.</summary>
    public string? Code { get; init; }
}

internal sealed class CodeValidator : AbstractValidator<CodeBody>
{
    public CodeValidator() =>
        RuleFor(body => body.Code).Must(code => code is { Length: > 0 and <= SecondFactors.LongestCode }).OverridePropertyName("code")
            .WithMessage("Send the code that the app shows.");
}

internal sealed record BeginFactorBody
{
    /// <summary>The current password, required if the user has one. Other users must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }
}

internal sealed class BeginFactorValidator : AbstractValidator<BeginFactorBody>
{
    public BeginFactorValidator() => RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
}

/// <param name="Secret">The secret, for apps without a camera.</param>
/// <param name="Uri">The URI to show as a QR code.</param>
internal sealed record SecondFactorView(string Secret, string Uri);

/// <param name="RecoveryCodes">Codes that each replace one code of the app. They are shown only now.</param>
internal sealed record RecoveryCodesView(IReadOnlyList<string> RecoveryCodes);

/// <summary>/api/me/second-factor: manages codes of an authenticator app in addition to the password.</summary>
internal static class SecondFactorEndpoints
{
    private const string Path = "/api/me/second-factor";
    private const string WrongCode = "This is not the code that the app shows now, or it was used before. Wait for the next one.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, BeginAsync).RequireAuthorization(AccessPolicy.Self).Document(BeginDoc);
        routes.MapPut(Path, ConfirmAsync).RequireAuthorization(AccessPolicy.Self).Document(ConfirmDoc);
        routes.MapDelete(Path, RemoveAsync).RequireAuthorization(AccessPolicy.Self).Document(RemoveDoc);
    }

    private static async Task<IResult> BeginAsync(
        HttpContext context, IValidator<BeginFactorBody> validator, IPeopleLedger people, SecondFactors factors, Reauthentication again)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var read = await JsonBody.ReadAsync(context, ApiJson.In.BeginFactorBody, validator, new BeginFactorBody(), stop);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await AccountAsync(context, people) is not { User: var user })
            return Reauthentication.NeedsSession;
        if (user.HasSecondFactor)
            return HasOne;

        // A second factor could lock out the user, so a stolen session must not add one.
        if (await again.RefusalAsync(user.Id, caller.Credential, body.CurrentPassword, code: null, stop) is { } refusal)
            return refusal;
        context.Response.Headers.CacheControl = "no-store";
        return await factors.BeginAsync(user, stop) is { } begun
            ? JsonAnswer.Of(new SecondFactorView(begun.Secret, begun.Uri), ApiJson.Out.SecondFactorView)
            : HasOne;
    }

    private static async Task<IResult> ConfirmAsync(
        HttpContext context, IValidator<CodeBody> validator, IPeopleLedger people, SecondFactors factors, SignInAttempts attempts)
    {
        var (account, code, refusal) = await ReadAsync(context, validator, people, attempts);
        if (refusal is not null)
            return refusal;
        if (account!.SecondFactor is null || account.User.HasSecondFactor)
        {
            attempts.Withdraw(SignInAttempts.KeyOf(account.User.Id));
            return Refusal.Of(RequestError.NoSecondFactor, $"There is nothing to confirm. Begin with POST {Path}.");
        }

        if (await factors.ConfirmAsync(account, code!, context.RequestAborted) is not { } codes)
            return WrongCodeRefusal;
        attempts.Succeeded(SignInAttempts.KeyOf(account.User.Id));
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Of(new RecoveryCodesView(codes), ApiJson.Out.RecoveryCodesView);
    }

    private static async Task<IResult> RemoveAsync(
        HttpContext context, IValidator<CodeBody> validator, IPeopleLedger people, SecondFactors factors, ISecondFactorLedger ledger,
        SignInAttempts attempts)
    {
        var (account, code, refusal) = await ReadAsync(context, validator, people, attempts);
        if (refusal is not null)
            return refusal;
        if (!account!.User.HasSecondFactor)
        {
            attempts.Withdraw(SignInAttempts.KeyOf(account.User.Id));
            return Refusal.Of(RequestError.NoSecondFactor, "You have no second factor.");
        }

        if (!await factors.UseAsync(account, code!, context.RequestAborted))
            return WrongCodeRefusal;
        attempts.Succeeded(SignInAttempts.KeyOf(account.User.Id));
        await ledger.RemoveAsync(account.User.Id, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static async Task<(UserSecrets? Account, string? Code, IResult? Refusal)> ReadAsync(
        HttpContext context, IValidator<CodeBody> validator, IPeopleLedger people, SignInAttempts attempts)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.CodeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return (null, null, read.Refusal);
        if (await AccountAsync(context, people) is not { } account)
            return (null, null, Reauthentication.NeedsSession);
        return attempts.Begin(SignInAttempts.KeyOf(account.User.Id)) is { } wait
            ? (null, null, SignIn.TooMany(wait, "in this account"))
            : (account, body.Code, null);
    }

    private static async Task<UserSecrets?> AccountAsync(HttpContext context, IPeopleLedger people) =>
        Reauthentication.AccountOf(context.Caller()) is { } id ? await people.FindSecretsAsync(id, context.RequestAborted) : null;

    private static Refusal HasOne { get; } = Refusal.Of(
        RequestError.SecondFactorOn, "You have a second factor. Remove it with a code before you set up another.");

    private static Refusal WrongCodeRefusal { get; } = Refusal.Of(new RequestFailure(RequestError.InvalidField, WrongCode)
    {
        Errors = new Dictionary<string, string[]> { ["code"] = [WrongCode] },
    });

    private static EndpointDoc BeginDoc => new(
        PeopleRoutes.People, "BeginSecondFactor", "Set up a second factor",
        "For users who are signed in, with the current password. Show `uri` as a QR code to an authenticator app, then confirm with a "
            + "code. Until then nothing changes. A user without a password must have signed in within ten minutes.")
    {
        Json = new(typeof(BeginFactorBody), """{"currentPassword":"correct horse battery"}""", Required: false),
        Answers =
        [
            new(200, "The secret for the app.", typeof(SecondFactorView),
                """
                {"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
                 "uri":"otpauth://totp/ChunkUpload:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ChunkUpload"}
                """),
        ],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.SecondFactorOn],
    };

    private static EndpointDoc ConfirmDoc => new(
        PeopleRoutes.People, "ConfirmSecondFactor", "Confirm a second factor",
        "From now on, signing in needs a code. The answer has ten recovery codes in case the app is lost: keep them elsewhere.")
    {
        Json = new(typeof(CodeBody), """{"code":"287082"}"""),
        Answers =
        [
            new(200, "The recovery codes.", typeof(RecoveryCodesView), """{"recoveryCodes":["7kqx2-mzh4p","b9w3r-t6ncd"]}"""),
        ],
        Errors = [RequestError.NoSecondFactor, RequestError.TooManyAttempts],
    };

    private static EndpointDoc RemoveDoc => new(
        PeopleRoutes.People, "RemoveSecondFactor", "Remove a second factor", "With a code of the app, or a recovery code.")
    {
        Json = new(typeof(CodeBody), """{"code":"287082"}"""),
        Answers = [new(204, "It is removed.")],
        Errors = [RequestError.NoSecondFactor, RequestError.TooManyAttempts],
    };
}
