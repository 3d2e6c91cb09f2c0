using System.Text.Encodings.Web;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Access.Keys;

/// <summary>
/// Authenticates the operator key, an API key or a token of an external issuer as a Bearer token, and a request without one by its session
/// cookie or client certificate. With <c>Access:Mode=Open</c> every request has the anonymous caller. It also sends the responses of all
/// schemes if a credential is missing (401) or insufficient (403). A request below /l/{token} is only authenticated by the link.
/// </summary>
internal sealed class KeyHandler(
    OperatorKey key, Credentials credentials, TokenCallers tokens, AccessOptions access, SessionCookie cookie, TimeProvider time,
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logs, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logs, encoder)
{
    public const string SchemeName = "Key";

    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    // Shared by all requests, so that authentication allocates nothing.
    private static readonly Task<AuthenticateResult> Operator = Success(Caller.Operator);
    private static readonly Task<AuthenticateResult> Anonymous = Success(Caller.Anonymous);
    private static readonly Task<AuthenticateResult> NotGiven = Task.FromResult(AuthenticateResult.NoResult());
    private static readonly Task<AuthenticateResult> NotValid =
        Task.FromResult(AuthenticateResult.Fail("The key is not valid."));

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Keys and cookies are ignored for a link.
        if (Context.Features.Get<LinkRequest>() is { } link)
            return OfLinkAsync(link);
        if (access.Mode == AccessMode.Open)
            return Anonymous;
        if (Request.Headers.Authorization.Count == 0)
            return HasCookie ? Context.AuthenticateAsync(SessionCookie.SchemeName)
                : ClientCertificate.Of(Context) is { } certificate ? OfCertificateAsync(certificate)
                : NotGiven;
        if (!TryReadBearer(Request, out var token))
            return NotValid;
        if (key.Matches(token))
            return Operator;
        if (tokens.Handles(token))
            return OfTokenAsync();
        return KeySecret.IsWellFormed(token) ? OfApiKeyAsync(token.ToString()) : NotValid;
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (OperatorPage.GoesToSignIn(Context))
            return Task.CompletedTask;

        var given = Request.Headers.Authorization.Count > 0;
        Response.Headers[HeaderNames.WWWAuthenticate] = given
            ? "Bearer realm=\"ChunkUpload\", error=\"invalid_token\""
            : "Bearer realm=\"ChunkUpload\"";
        return Challenge(given).ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Refusal.Of(
        RequestError.NotPermitted, Context.Features.Get<Caller>()?.Credential.Kind switch
        {
            CredentialKind.Session => "Your account may not do this. An administrator can change your role.",
            CredentialKind.Certificate => "The certificate is valid, but its account may not do this.",
            _ => "The key is valid, but may not do this. Use a key with the scope that is needed.",
        }).ExecuteAsync(Context);

    private async Task<AuthenticateResult> OfTokenAsync() =>
        await tokens.AuthenticateAsync(Context) is { } caller ? await Success(caller) : await NotValid;

    private async Task<AuthenticateResult> OfApiKeyAsync(string secret)
    {
        if (await credentials.OfKeyAsync(secret, Context.RequestAborted) is not { } caller)
            return await NotValid;
        Context.Features.Set(new CallerRecheck(secret, cancel => credentials.OfKeyAsync(secret, cancel)));
        return await Success(caller);
    }

    private async Task<AuthenticateResult> OfCertificateAsync(ClientCertificate certificate)
    {
        if (await certificate.CallerAsync(credentials, Context.RequestAborted) is not { } caller)
            return await NotValid;
        Context.Features.Set(new CallerRecheck(
            $"{certificate.Tenant} {certificate.Name}", cancel => certificate.CallerAsync(credentials, cancel)));
        return await Success(caller);
    }

    private async Task<AuthenticateResult> OfLinkAsync(LinkRequest link)
    {
        link.Found = await credentials.OfLinkAsync(link.Token, Context.RequestAborted);
        if (link.Found?.CallerAt(time.GetUtcNow()) is not { } caller)
            return AuthenticateResult.NoResult();
        Context.Features.Set(new CallerRecheck(
            link.Token, async cancel => (await credentials.OfLinkAsync(link.Token, cancel))?.CallerAt(time.GetUtcNow())));
        return await Success(caller);
    }

    private bool HasCookie => Request.Headers.Cookie.Count > 0 && Request.Cookies.ContainsKey(cookie.Name);

    private Refusal Challenge(bool given)
    {
        if (!given && HasCookie)
            return Refusal.Of(RequestError.SessionEnded, "The session of this browser has ended. Sign in again at /signin.");
        if (!given)
            return Refusal.NoKey;
        if (TryReadBearer(Request, out _))
        {
            return Refusal.Of(
                RequestError.InvalidKey,
                "The key in the Authorization header is not valid here: it is unknown, has expired or was revoked, or its user or tenant "
                    + "may not go on. The operator key is in operator.key in the data directory.");
        }

        return Refusal.Of(RequestError.Unauthorized, Request.Headers.Authorization is [{ } one]
            && one.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)
            ? "Basic authentication is not supported. Send a key as a Bearer token: Authorization: Bearer cu_…"
            : "Send one Authorization header with a key as a Bearer token: Authorization: Bearer cu_…");
    }

    private static bool TryReadBearer(HttpRequest request, out ReadOnlySpan<char> token)
    {
        var header = request.Headers.Authorization;
        if (header.Count == 1 && header[0] is { } text && text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            token = text.AsSpan(Bearer.Length).Trim(' ');
            return true;
        }

        token = default;
        return false;
    }

    private static Task<AuthenticateResult> Success(Caller caller) =>
        Task.FromResult(AuthenticateResult.Success(CallerIdentity.Ticket(caller, SchemeName)));
}
