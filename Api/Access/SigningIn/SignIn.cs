using ChunkUpload.Api.Access.Devices;
using ChunkUpload.Api.Access.Oidc;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Mail;
using FluentValidation;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace ChunkUpload.Api.Access.SigningIn;

/// <summary>Signing in and out. Only POST changes anything; the page itself needs no key.</summary>
internal static class SignIn
{
    public const string Path = "/signin";

    private const string SignOutPath = "/signout";
    private const string StatePath = "/signin/state";

    private const int AddressPerMinute = 120;
    private const int AccountPerMinute = 30;

    // A link carries its token in the fragment, which browsers never send.
    private const string LinkFragment = "#link=";

    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action "
            + "'none'; frame-ancestors 'none'";

    public static string LinkOf(string address, string token) => $"{address}{Path}{LinkFragment}{token}";

    /// <summary>Maps endpoints for the service's own pages; they are not part of the contract.</summary>
    public static void Map(WebApplication app)
    {
        var page = System.IO.Path.Combine(app.Environment.WebRootPath, "signin.html");
        app.MapGet(Path, (HttpContext context) => Page(context, page)).AlsoForHead().AllowAnonymous().ExcludeFromDescription();
        app.MapGet(StatePath, StateAsync).AlsoForHead().AllowAnonymous().ExcludeFromDescription();
        app.MapPost(Path, EnterAsync).AllowAnonymous().ExcludeFromDescription();
        app.MapPost(SignOutPath, LeaveAsync).AllowAnonymous().ExcludeFromDescription();
        BeginOidcSignIn.Map(app);
        ResetPassword.Map(app);
        BeginKeyRequest.Map(app);
    }

    private static IResult Page(HttpContext context, string file)
    {
        // The page names its files without a path, as a proxy may put a prefix before all of ours.
        if (context.Request.Path.Value!.EndsWith('/'))
        {
            OperatorPage.GoToSignIn(context, context.Request.QueryString.ToString());
            return TypedResults.Empty;
        }

        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers.CacheControl = "no-cache";
        return TypedResults.PhysicalFile(file, "text/html; charset=utf-8");
    }

    private static async Task<JsonAnswer<SignInView>> StateAsync(
        HttpContext context, AccessOptions access, OidcOptions issuer, MailOptions mail, IAntiforgery antiforgery, KnownPeople people)
    {
        var caller = context.HasCaller() ? context.Caller() : null;
        var isSignedIn = caller?.Credential.Kind == CredentialKind.Session;
        return JsonAnswer.Of(
            new SignInView(
                isSignedIn ? caller!.Subject : null,
                isSignedIn ? antiforgery.GetAndStoreTokens(context).RequestToken : null,
                access.Mode == AccessMode.Key,
                issuer.ShownTitle,
                mail.AreOn,
                isSignedIn ? null : await people.AreThereAsync(context.RequestAborted)),
            ApiJson.Out.SignInView);
    }

    private static async Task<IResult> EnterAsync(
        HttpContext context, IValidator<SignInBody> validator, SignInCheck check, SignInAttempts attempts,
        KnownBrowsers browsers, RateBook rates, IAuditLedger audit)
    {
        // 1. Another site's page must not sign a browser in.
        if (!RequestOrigin.IsOwn(context.Request))
            return Refusal.Of(RequestError.ForbiddenOrigin, RequestOrigin.Fault);

        // 2. An address and an account must wait after failed attempts. The buckets limit the work of concurrent attempts.
        var address = SignInAttempts.KeyOf(context.Connection.RemoteIpAddress);
        if (attempts.Wait(address) is { } wait)
            return TooMany(wait, "from this address");
        if (rates.TryTake(new LimitTarget(LimitScope.Address, "", address), "signIns", AddressPerMinute) is { } soon)
            return TooMany(soon, "from this address");
        var read = await JsonBody.ReadAsync(context, ApiJson.In.SignInBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var account = await check.AttemptKeyAsync(context, body, context.RequestAborted);
        if (account is not null
            && rates.TryTake(new LimitTarget(LimitScope.User, "", account), "signIns", AccountPerMinute) is { } later)
            return TooMany(later, "with this name");

        // 3. The attempt counts as failed from its start, so concurrent attempts gain nothing.
        if (attempts.Begin(address) is { } soonAgain)
            return TooMany(soonAgain, "from this address");
        if (account is not null && attempts.Begin(account) is { } pause)
        {
            attempts.Withdraw(address);
            return TooMany(pause, "with this name");
        }

        bool? succeeded = null;
        try
        {
            (var answer, succeeded) = await DecideAsync(context, body, check, browsers, audit);
            return answer;
        }
        finally
        {
            // A success does not clear earlier failures of the address: an attacker with an account could sign in between attempts on other
            // accounts.
            if (succeeded != false)
                attempts.Withdraw(address);
            if (account is not null && succeeded == true)
                attempts.Succeeded(account);
            else if (account is not null && succeeded is null)
                attempts.Withdraw(account);
        }
    }

    /// <summary>Checks the key, the token of a link, or a name with its password, and signs the browser in.</summary>
    /// <returns>The response, and whether the attempt succeeded; <c>null</c> if it was not decided.</returns>
    private static async Task<(IResult Answer, bool? Succeeded)> DecideAsync(
        HttpContext context, SignInBody body, SignInCheck check, KnownBrowsers browsers, IAuditLedger audit)
    {
        var from = context.Connection.RemoteIpAddress;
        Actor.Current = Actor.Unknown(from);
        var (caller, user, refusal) = await check.CheckAsync(body, context.RequestAborted);
        if (caller is null)
        {
            await audit.AddAsync("sign_in_failed", refusal!.Value.Account, null, context.RequestAborted);
            return (refusal.Value.Refusal, refusal.Value.Failed ? false : null);
        }

        Actor.Current = Actor.Of(caller, from);
        await audit.AddAsync("signed_in", null, null, context.RequestAborted);
        var ticket = CallerIdentity.Ticket(caller, SessionCookie.SchemeName);
        if (user is not null)
            browsers.Remember(context, user.Name);
        await context.SignInAsync(SessionCookie.StartScheme, ticket.Principal, SessionTickets.PropertiesOf(user));
        return (JsonAnswer.Of(new SignedInView(LocalPath.OrDefault(body.Return)), ApiJson.Out.SignedInView), true);
    }

    public static Refusal TooMany(TimeSpan wait, string who) => Refusal.Of(new RequestFailure(
        RequestError.TooManyAttempts, $"Too many failed sign-ins {who}. Try again in {Math.Ceiling(wait.TotalSeconds):0} s.")
    {
        RetryAfter = wait,
    });

    private static async Task LeaveAsync(HttpContext context)
    {
        // Also if the request contains no cookie: the response removes it.
        if (!RequestOrigin.IsOwn(context.Request))
        {
            await Refusal.Of(RequestError.ForbiddenOrigin, RequestOrigin.Fault).ExecuteAsync(context);
            return;
        }

        await context.SignOutAsync(SessionCookie.SchemeName);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

/// <summary>A name with its password, the operator key, or the token of a link.</summary>
internal sealed record SignInBody
{
    public string? Name { get; init; }

    /// <summary>With a user's link: the password that the user chooses.</summary>
    public string? Password { get; init; }

    /// <summary>The code of the second factor, if the user has one: six digits of the app, or a recovery code.</summary>
    public string? Code { get; init; }

    public string? Key { get; init; }

    public string? Link { get; init; }

    /// <summary>With a user's link: whether linked accounts of an issuer may still sign in as the user; default false.</summary>
    public bool? KeepAccounts { get; init; }

    public string? Return { get; init; }
}

/// <param name="Subject">Null when the browser is not signed in.</param>
/// <param name="CsrfToken">The token to send with each change.</param>
/// <param name="Mail">Whether a link for a new password can be mailed.</param>
/// <param name="Issuer">The page's name for the issuer whose accounts can sign in; null if there is none.</param>
/// <param name="People">Whether people can sign in by a name; null if the browser is signed in, or the ledger does not answer.</param>
internal sealed record SignInView(string? Subject, string? CsrfToken, bool KeyNeeded, string? Issuer, bool Mail, bool? People);

/// <param name="Return">The page to open.</param>
internal sealed record SignedInView(string Return);

internal sealed class SignInValidator : AbstractValidator<SignInBody>
{
    public SignInValidator()
    {
        RuleFor(body => body).Must(body => new[] { body.Key, body.Link, body.Name }.Count(one => one is not null) == 1)
            .OverridePropertyName("key").WithMessage("Send one of name, key and link.");
        RuleFor(body => body.Password).NotNull().When(body => body.Name is not null).OverridePropertyName("password")
            .WithMessage("Send the password with the name.");
        RuleFor(body => body.Password).MaximumLength(Passwords.Longest).OverridePropertyName("password")
            .WithMessage($"A password has at most {Passwords.Longest} characters.");
        RuleFor(body => body.Code).MaximumLength(SecondFactors.LongestCode).OverridePropertyName("code")
            .WithMessage($"A code has at most {SecondFactors.LongestCode} characters.");
    }
}
