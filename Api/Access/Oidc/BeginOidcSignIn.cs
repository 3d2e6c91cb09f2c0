using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using FluentValidation;
using Microsoft.AspNetCore.Authentication;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>The body of a request to sign in at the issuer.</summary>
internal sealed record OidcBody
{
    /// <summary>The page to open after the sign-in.</summary>
    public string? Return { get; init; }

    /// <summary>The token of an invitation that is accepted with the account.</summary>
    public string? Link { get; init; }

    /// <summary>Whether the account is linked to the user who is signed in.</summary>
    public bool? Account { get; init; }

    /// <summary>With account: the user's password. A user without a password must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>With account: the code of the second factor, if the user has one.</summary>
    public string? Code { get; init; }
}

internal sealed class OidcValidator : AbstractValidator<OidcBody>
{
    public OidcValidator()
    {
        RuleFor(body => body).Must(body => body.Link is null || body.Account != true).OverridePropertyName("link")
            .WithMessage("Send link or account, not both.");
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

/// <param name="Address">The issuer's address that the browser opens.</param>
internal sealed record OidcBegunView(string Address);

/// <summary>
/// POST /signin/issuer: starts a sign-in at the issuer. The page opens the address by script, because for a redirected form the page's
/// content security policy would have to list the issuer's address and all its redirects.
/// </summary>
internal static class BeginOidcSignIn
{
    public const string Path = "/signin/issuer";

    private const int PerMinute = 120;

    public static void Map(WebApplication app) => app.MapPost(Path, HandleAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<OidcBody> validator, OidcOptions issuer, IssuerSignIns signIns, BrowserSessions links,
        Reauthentication again, RateBook rates)
    {
        // 1. As for a password: only from the service's own pages, and with a limited rate.
        if (!RequestOrigin.IsOwn(context.Request))
            return Refusal.Of(RequestError.ForbiddenOrigin, RequestOrigin.Fault);
        if (!issuer.AreOn)
            return Refusal.Of(RequestError.NoSuchRoute, "No issuer is configured here (Oidc:Issuer).");
        var address = new LimitTarget(LimitScope.Address, "", SignInAttempts.KeyOf(context.Connection.RemoteIpAddress));
        if (rates.TryTake(address, "issuerSignIns", PerMinute) is { } wait)
            return SignIn.TooMany(wait, "from this address");
        var stop = context.RequestAborted;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.OidcBody, validator, new OidcBody(), stop);
        if (read.Value is not { } body)
            return read.Refusal!;

        // 2. Find the user or the invitation, if known.
        var user = body.Account == true && context.HasCaller() ? Reauthentication.AccountOf(context.Caller()) : null;
        if (body.Account == true && user is null)
            return Reauthentication.NeedsSession;
        // A linked account can always sign in, so a stolen session must not add one.
        if (user is { } asking
            && await again.RefusalAsync(asking, context.Caller().Credential, body.CurrentPassword, body.Code, stop) is { } refusal)
            return refusal;
        if (body.Link is { } link && await links.FindLinkAsync(link, stop) is not { User: not null })
            return Refusal.Of(RequestError.LinkEnded, "This is no invitation, or it was used or has expired. Ask for another.");

        // 3. The framework creates the address and the cookies that the response requires.
        var properties = new AuthenticationProperties { RedirectUri = LocalPath.OrDefault(body.Return) };
        properties.Items[OidcEvents.TokenItem] = await signIns.BeginAsync(user, body.Link, stop);
        try
        {
            await context.ChallengeAsync(OidcScheme.Name, properties);
        }
        catch (InvalidOperationException)
        {
            return Refusal.Of(
                RequestError.IssuerUnavailable, $"{issuer.ShownTitle} does not answer now. Try again in a moment, or sign in another way.");
        }

        var begun = new OidcBegunView(context.Response.Headers.Location.ToString());
        context.Response.Headers.Location = default;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.StatusCode = StatusCodes.Status200OK;
        return JsonAnswer.Of(begun, ApiJson.Out.OidcBegunView);
    }
}
