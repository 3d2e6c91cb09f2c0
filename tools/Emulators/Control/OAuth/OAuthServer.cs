using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ChunkUpload.Emulators.Control.OAuth;

/// <summary>
/// Signs people in: a page where a person picks an account and agrees, codes with PKCE, tokens that end, rotation, revocation.
/// </summary>
internal sealed class OAuthServer
{
    public static readonly IReadOnlyDictionary<string, object?> DefaultSwitches = new Dictionary<string, object?>
    {
        ["acceptAnyToken"] = true,
        ["accessTokenSeconds"] = 3599L,
        ["refreshTokenSeconds"] = null,
        ["rotateRefreshTokens"] = false,
        ["oldRefreshTokensDie"] = false,
        ["invalidGrant"] = false,
        ["clientSecretExpired"] = false,
        ["adminApproval"] = false,
    };

    private readonly OAuthProfile _profile;
    private readonly EmulatorOptions _options;
    private readonly Switches _switches;
    private readonly TokenBook _tokens;
    private readonly ConcurrentDictionary<string, AuthorizationRequest> _pending = [];

    public OAuthServer(OAuthProfile profile, EmulatorOptions options, EmulatorClock clock, Switches switches)
    {
        _profile = profile;
        _options = options;
        _switches = switches;
        _tokens = new TokenBook(options, clock, switches);
    }

    public void Map(WebApplication app)
    {
        app.MapGet(_profile.AuthorizePath, (Delegate)ShowPage);
        app.MapPost(_profile.AuthorizePath, (Delegate)DecideAsync).DisableAntiforgery();
        app.MapPost(_profile.TokenPath, (Delegate)TokenAsync).DisableAntiforgery();
        if (_profile.RevokePath is { } revoke)
            app.MapPost(revoke, (Delegate)RevokeAsync).DisableAntiforgery();
    }

    /// <summary>Whom the request's bearer token stands for, or null. The account is noted in the journal.</summary>
    public AccessGrant? Authenticate(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || _tokens.Authenticate(header[7..].Trim()) is not { } grant)
            return null;
        http.Journal().Account = grant.Account.Email;
        return grant;
    }

    /// <summary>Tokens for a consent that was given elsewhere than on the page: device codes, tests.</summary>
    public TokenAnswer Issue(string clientId, EmulatedAccount account, IReadOnlyList<string> scopes, bool withRefresh) =>
        Issue(_tokens.NewGrant(clientId, account, scopes), withRefresh);

    public TokenAnswer Error(int status, string error, string description) => new(status, _profile.ErrorBody(error, description));

    public void RevokeAccessTokens(string? account) => _tokens.RevokeAccess(account);

    public void RevokeGrants(string? account) => _tokens.RevokeGrants(account);

    public void Reset()
    {
        _pending.Clear();
        _tokens.Reset();
    }

    private IResult ShowPage(HttpContext http)
    {
        var query = http.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        string Value(string name) => query.GetValueOrDefault(name, "");
        var redirect = Value("redirect_uri");
        if (Value("client_id").Length == 0 || !IsRedirectOf(Value("client_id"), redirect))
            return SignInPage.Refuse(_profile, "redirect_uri_mismatch", $"The application may not send people to '{redirect}'.");
        var request = new AuthorizationRequest(
            Value("client_id"),
            redirect,
            Value("scope").Split(' ', StringSplitOptions.RemoveEmptyEntries),
            query.GetValueOrDefault("state"),
            query.GetValueOrDefault("code_challenge"),
            query.GetValueOrDefault("code_challenge_method", "plain"),
            query.GetValueOrDefault("login_hint"),
            query);
        if (Value("response_type") != "code")
            return SendBack(request, "error", "unsupported_response_type");
        if (request.Scopes.Count == 0 || request.Scopes.FirstOrDefault(scope => !_profile.Scopes.ContainsKey(scope)) is not null)
            return SendBack(request, "error", "invalid_scope");
        if (request.ChallengeMethod is not ("S256" or "plain"))
            return SendBack(request, "error", "invalid_request");
        var id = Ids.Random(24);
        _pending[id] = request;
        return SignInPage.Show(_profile, _options.Accounts, request, id, _switches.IsOn("adminApproval"));
    }

    private async Task<IResult> DecideAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (!_pending.TryRemove(form["request"].ToString(), out var request))
            return SignInPage.Refuse(_profile, "invalid_request", "This page was used before. Begin again in the application.");
        if (form["decision"] != "allow" || _switches.IsOn("adminApproval"))
            return Deny(request, _switches.IsOn("adminApproval"));
        var email = form["account"].ToString();
        if (_options.Accounts.FirstOrDefault(each => each.Email == email) is not { } account)
            return SignInPage.Refuse(_profile, "invalid_request", $"There is no account '{email}'.");
        // A person may leave a scope out; the client has to look at what it was given.
        var scopes = request.Scopes.Where(scope => form["scope"].Contains(scope)).ToList();
        if (scopes.Count == 0)
            return SendBack(request, "error", "access_denied");
        var withRefresh = _profile.GivesRefreshToken(request, _tokens.HadConsent(request.ClientId, account));
        var code = _tokens.NewCode(request, _tokens.NewGrant(request.ClientId, account, scopes), withRefresh);
        return SendBack(request, "code", code, ("scope", string.Join(' ', scopes)));
    }

    private async Task<IResult> TokenAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var values = form.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        ReadBasic(http, values);
        http.Journal().Operation = "oauth.token";
        http.Response.Headers.CacheControl = "no-store";
        var answer = Grant(values);
        return Results.Json(answer.Body, statusCode: answer.Status);
    }

    private TokenAnswer Grant(Dictionary<string, string> values)
    {
        string Value(string name) => values.GetValueOrDefault(name, "");
        if (_profile.ClientlessGrants?.Invoke(this, values) is { } clientless)
            return clientless;
        if (_switches.IsOn("clientSecretExpired") || !IsClient(Value("client_id"), values.GetValueOrDefault("client_secret")))
            return Error(401, "invalid_client", "The OAuth client was not found, or its secret has ended.");
        switch (Value("grant_type"))
        {
            case "authorization_code":
                if (_switches.IsOn("invalidGrant")
                    || _tokens.UseCode(Value("code")) is not { } code
                    || code.Grant.ClientId != Value("client_id")
                    || code.Request.RedirectUri != Value("redirect_uri"))
                    return Error(400, "invalid_grant", "Malformed auth code.");
                return IsVerified(code.Request, values.GetValueOrDefault("code_verifier"))
                    ? Issue(code.Grant, code.WithRefresh)
                    : Error(400, "invalid_grant", "Invalid code verifier.");
            case "refresh_token":
                var old = Value("refresh_token");
                if (_switches.IsOn("invalidGrant") || _tokens.UseRefresh(old) is not { } grant || grant.ClientId != Value("client_id"))
                    return Error(400, "invalid_grant", "Token has been expired or revoked.");
                var rotates = _switches.IsOn("rotateRefreshTokens");
                if (rotates && _switches.IsOn("oldRefreshTokensDie"))
                    _tokens.ForgetRefresh(old);
                return Issue(grant, rotates);
            default:
                return _profile.OtherGrants?.Invoke(this, values) ?? Error(400, "unsupported_grant_type", "Invalid grant_type.");
        }
    }

    private TokenAnswer Issue(OAuthGrant grant, bool withRefresh)
    {
        var body = new Dictionary<string, object>
        {
            ["access_token"] = _tokens.NewAccess(grant),
            ["expires_in"] = _switches.Number("accessTokenSeconds"),
            ["scope"] = string.Join(' ', grant.Scopes),
            ["token_type"] = "Bearer",
        };
        if (withRefresh)
            body["refresh_token"] = _tokens.NewRefresh(grant);
        return new TokenAnswer(200, body);
    }

    private async Task<IResult> RevokeAsync(HttpContext http)
    {
        http.Journal().Operation = "oauth.revoke";
        var form = http.Request.HasFormContentType ? await http.Request.ReadFormAsync(http.RequestAborted) : null;
        var token = form?["token"].ToString() is { Length: > 0 } text ? text : http.Request.Query["token"].ToString();
        return _tokens.Revoke(token)
            ? Results.Json(new { })
            : Results.Json(_profile.ErrorBody("invalid_token", "Token expired or revoked"), statusCode: 400);
    }

    private bool IsClient(string id, string? secret)
    {
        if (_options.Clients.Count == 0)
            return id.Length > 0;
        return _options.Clients.FirstOrDefault(client => client.Id == id) is { } client
            && (client.Secret is null || client.Secret == secret);
    }

    private bool IsRedirectOf(string clientId, string redirect)
    {
        if (!Uri.TryCreate(redirect, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Fragment.Length > 0)
            return false;
        return _options.Clients.Count == 0
            || _options.Clients.Any(client => client.Id == clientId && client.RedirectUris.Contains(redirect, StringComparer.Ordinal));
    }

    private static bool IsVerified(AuthorizationRequest request, string? verifier) => request switch
    {
        { Challenge: null } => true,
        _ when verifier is null => false,
        { ChallengeMethod: "plain" } => verifier == request.Challenge,
        _ => WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) == request.Challenge,
    };

    private static void ReadBasic(HttpContext http, Dictionary<string, string> values)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return;
        var parts = Encoding.UTF8.GetString(Convert.FromBase64String(header[6..].Trim())).Split(':', 2);
        values.TryAdd("client_id", Uri.UnescapeDataString(parts[0]));
        values.TryAdd("client_secret", Uri.UnescapeDataString(parts[^1]));
    }

    private IResult Deny(AuthorizationRequest request, bool adminApproval)
    {
        var (error, description) = _profile.Denial(adminApproval);
        return description is null
            ? SendBack(request, "error", error)
            : SendBack(request, "error", error, ("error_description", description));
    }

    private static IResult SendBack(AuthorizationRequest request, string name, string value, params (string Name, string Value)[] more)
    {
        var query = new Dictionary<string, string?> { [name] = value };
        if (request.State is { } state)
            query["state"] = state;
        foreach (var (key, text) in more)
            query[key] = text;
        return Results.Redirect(QueryHelpers.AddQueryString(request.RedirectUri, query));
    }
}
