using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record RotationBody
{
    /// <summary>How long the previous secrets stay valid; default one day; 0 revokes them immediately.</summary>
    public long? OverlapSeconds { get; init; }

    /// <summary>Required in a user's browser session. A user without a password must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The code of the second factor, if the user has one and the current password is required.</summary>
    public string? Code { get; init; }
}

internal sealed class RotationValidator : AbstractValidator<RotationBody>
{
    public RotationValidator()
    {
        RuleFor(body => body.OverlapSeconds).InclusiveBetween(0, (long)KeyRules.LongestOverlap.TotalSeconds)
            .When(body => body.OverlapSeconds is not null).OverridePropertyName("overlapSeconds")
            .WithMessage($"overlapSeconds must be a whole number from 0 to {(long)KeyRules.LongestOverlap.TotalSeconds}.");
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

/// <summary>POST /api/keys/{id}/rotate: creates a new secret for the same key.</summary>
internal static class RotateKey
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/keys/{id}/rotate", HandleAsync).RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IValidator<RotationBody> validator, IPeopleLedger people, Reauthentication again,
        Credentials credentials)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.RotationBody, validator, new RotationBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var authority = await Authority.OfAsync(caller, people, stop);
        if (await KeyRules.FindAsync(id, caller, authority, people, stop) is not { } key)
            return KeyRules.NoSuchKey;
        if (!KeyRules.MayRenew(caller, authority, key))
            return KeyRules.NotYours;
        if (await KeyRules.LatestEndAsync(caller, people, stop) is { } latest && (key.ExpiresAt ?? DateTimeOffset.MaxValue) > latest)
            return PeopleRoutes.NotGranted;

        // The new secret stays valid after a change of the password, so a stolen session must not get it.
        if (Reauthentication.AccountOf(caller) is { } account
            && await again.RefusalAsync(account, caller.Credential, body.CurrentPassword, body.Code, stop) is { } refusal)
            return refusal;
        var (secret, shown) = KeySecret.New();
        var overlap = body.OverlapSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : KeyRules.DefaultOverlap;
        if (!await people.RotateKeyAsync(key.Tenant, key.Id, shown, KeySecret.Hash(secret), overlap, caller.ApiKey, stop))
            return Refusal.Of(RequestError.KeyRevoked, "The key was revoked; make a new one.");
        credentials.Forget();
        context.Response.Headers.CacheControl = "no-store";
        return JsonAnswer.Of(new IssuedKeyView(KeyView.Of(key with { Prefix = shown }), secret), ApiJson.Out.IssuedKeyView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.Keys, nameof(RotateKey), "Give a key a new secret",
        "The old secret stays valid for a day, or as long as you say, so that programs can change over without a break. In a browser "
            + "session, users send their current password, and a code if there is a second factor; a user without a password must have "
            + "signed in within ten minutes.")
    {
        Json = new(typeof(RotationBody), """{"overlapSeconds":3600}""", Required: false),
        Answers = [new(200, "The key and its new secret.", typeof(IssuedKeyView), KeyView.NewExample)],
        Errors = [.. ErrorsOf.Reauthentication, RequestError.NoSuchKey, RequestError.KeyRevoked],
    };
}
