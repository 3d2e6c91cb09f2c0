using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;
using FluentValidation;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;

namespace ChunkUpload.Api.Access;

/// <summary>Signing in and out. Only POST changes anything; the page itself needs no key.</summary>
internal static class SignIn
{
    public const string Path = "/signin";

    private const string SignOutPath = "/signout";
    private const string StatePath = "/signin/state";

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
        app.MapGet(StatePath, State).AlsoForHead().AllowAnonymous().ExcludeFromDescription();
        app.MapPost(Path, EnterAsync).AllowAnonymous().ExcludeFromDescription();
        app.MapPost(SignOutPath, LeaveAsync).AllowAnonymous().ExcludeFromDescription();
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

    private static JsonAnswer<SignInView> State(HttpContext context, AccessOptions access, IAntiforgery antiforgery)
    {
        var caller = context.HasCaller() ? context.Caller() : null;
        return JsonAnswer.Of(
            new SignInView(
                caller?.Credential.Kind == CredentialKind.Session ? caller.Subject : null,
                caller?.Credential.Kind == CredentialKind.Session ? antiforgery.GetAndStoreTokens(context).RequestToken : null,
                access.Mode == AccessMode.Key),
            ApiJson.Out.SignInView);
    }

    private static async Task<IResult> EnterAsync(
        HttpContext context, IValidator<SignInBody> validator, OperatorKey key, BrowserSessions sessions, SignInAttempts attempts)
    {
        // 1. Another site's page must not sign a browser in.
        if (!RequestOrigin.IsOwn(context.Request))
            return Refusal.Of(RequestError.ForbiddenOrigin, RequestOrigin.Fault);

        // 2. An address must wait after failed attempts.
        var address = context.Connection.RemoteIpAddress;
        if (attempts.Wait(address) is { } wait)
        {
            return Refusal.Of(new RequestFailure(
                RequestError.TooManyAttempts,
                    $"Too many failed sign-ins from this address. Try again in {Math.Ceiling(wait.TotalSeconds):0} s.")
            {
                RetryAfter = wait,
            });
        }

        // 3. The key, or the token of a link.
        var read = await JsonBody.ReadAsync(context, ApiJson.In.SignInBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (body.Key is { } text && !key.Matches(text.AsSpan().Trim()))
        {
            attempts.Failed(address);
            return Refusal.Of(
                RequestError.InvalidKey,
                    "This is not the operator key of this service. Compare it with operator.key in the data directory.");
        }

        if (body.Link is { } link && !await sessions.UseLinkAsync(link, context.RequestAborted))
        {
            attempts.Failed(address);
            return Refusal.Of(
                RequestError.LinkEnded,
                    "This sign-in link was used or has expired. Make another with tools/run signin-link, or use the operator key.");
        }

        // 4.
        attempts.Succeeded(address);
        var ticket = CallerIdentity.Ticket(Caller.Operator, SessionCookie.SchemeName);
        await context.SignInAsync(SessionCookie.SchemeName, ticket.Principal, new AuthenticationProperties { IsPersistent = true });
        return JsonAnswer.Of(new SignedInView(LocalPath.OrDefault(body.Return)), ApiJson.Out.SignedInView);
    }

    private static async Task LeaveAsync(HttpContext context)
    {
        // Also without a cookie in the request: the answer removes it.
        if (!RequestOrigin.IsOwn(context.Request))
        {
            await Refusal.Of(RequestError.ForbiddenOrigin, RequestOrigin.Fault).ExecuteAsync(context);
            return;
        }

        await context.SignOutAsync(SessionCookie.SchemeName);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}

/// <summary>One of the two.</summary>
internal sealed record SignInBody
{
    public string? Key { get; init; }

    public string? Link { get; init; }

    public string? Return { get; init; }
}

/// <param name="Subject">Null when the browser is not signed in.</param>
/// <param name="CsrfToken">To be sent with each change.</param>
internal sealed record SignInView(string? Subject, string? CsrfToken, bool KeyNeeded);

/// <param name="Return">Where the browser goes now.</param>
internal sealed record SignedInView(string Return);

internal sealed class SignInValidator : AbstractValidator<SignInBody>
{
    public SignInValidator() =>
        RuleFor(body => body).Must(body => body.Key is null != body.Link is null).OverridePropertyName("key")
            .WithMessage("Send either key or link.");
}
