using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// An OpenID provider of our own: discovery, authorize, token and keys. It signs what a test wants signed, and looks at what the service
/// sends: client, redirect URI and PKCE.
/// </summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    public const string ClientId = "uploads";
    public const string ClientSecret = "canary-client-secret";

    private readonly WebApplication _app;
    private readonly RSA _key = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, Request> _codes = new(StringComparer.Ordinal);

    private OidcProvider(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    /// <summary>The subject that is signed in at the issuer.</summary>
    public string Subject { get; set; } = "";

    /// <summary>The other claims of the account.</summary>
    public JsonObject Profile { get; private set; } = [];

    /// <summary>Changes the claims before they are signed.</summary>
    public Action<JsonObject>? Change { get; set; }

    /// <summary>Signs in the place of the issuer's key.</summary>
    public RSA? OtherKey { get; set; }

    /// <summary>The issuer that the discovery document names; null means this one.</summary>
    public string? NamedIssuer { get; set; }

    /// <summary>What was missing in the last request for a token, or null.</summary>
    public string? Fault { get; private set; }

    public static async Task<OidcProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        _ = builder.Logging.ClearProviders();
        _ = builder.WebHost.UseUrls("http://127.0.0.1:0");
        var provider = new OidcProvider(builder.Build());
        provider.Reset();
        provider.Map();
        await provider._app.StartAsync();
        provider.Address = provider._app.Urls.First();
        return provider;
    }

    /// <summary>Restores the initial state, with another person signed in.</summary>
    public void Reset()
    {
        Subject = Guid.NewGuid().ToString("n");
        Profile = new() { ["preferred_username"] = "ann@example.org", ["name"] = "Ann Lee" };
        (Change, OtherKey, NamedIssuer) = (null, null, null);
    }

    /// <summary>The settings of a service that signs users in with this issuer.</summary>
    public Dictionary<string, string> Settings(params (string Key, string Value)[] more)
    {
        var settings = new Dictionary<string, string>
        {
            ["Oidc:Issuer"] = Address,
            ["Oidc:ClientId"] = ClientId,
            ["Oidc:ClientSecret"] = ClientSecret,
            ["Oidc:Title"] = "Example Login",
        };
        foreach (var (key, value) in more)
            settings[key] = value;
        return settings;
    }

    /// <summary>Approves as a user would, and returns the address to which the issuer redirects the browser.</summary>
    public string Approve(string address)
    {
        var asked = HttpUtility.ParseQueryString(new Uri(address).Query);
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _codes[code] = new Request(
            asked["client_id"]!, asked["redirect_uri"]!, asked["nonce"]!, asked["code_challenge"] ?? "",
            asked["code_challenge_method"] ?? "");
        return $"{asked["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(asked["state"]!)}";
    }

    /// <summary>Returns the address to which the issuer redirects the browser of a user who refuses.</summary>
    public static string Refuse(string address)
    {
        var asked = HttpUtility.ParseQueryString(new Uri(address).Query);
        return $"{asked["redirect_uri"]}?error=access_denied&state={Uri.EscapeDataString(asked["state"]!)}";
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private void Map()
    {
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(new
        {
            issuer = NamedIssuer ?? Address,
            authorization_endpoint = Address + "/authorize",
            token_endpoint = Address + "/token",
            jwks_uri = Address + "/keys",
        }));
        _app.MapGet("/keys", () =>
        {
            var parameters = _key.ExportParameters(false);
            return Results.Json(new
            {
                keys = new[] { new { kty = "RSA", use = "sig", kid = "one", n = Url(parameters.Modulus!), e = Url(parameters.Exponent!) } },
            });
        });
        _app.MapGet("/authorize", (HttpContext context) => Results.Content(
            $"""
            <!doctype html><html lang="en"><title>Example Login</title><main><h1>Example Login</h1>
            <a id="approve" href="{HttpUtility.HtmlAttributeEncode(Approve(Address + context.Request.Path + context.Request.QueryString))}">
            Continue as Ann Lee</a></main>
            """, "text/html; charset=utf-8"));
        _app.MapGet("/favicon.ico", () => Results.NoContent());
        _app.MapPost("/token", (Delegate)TokenAsync);
    }

    private async Task<IResult> TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        if (!_codes.TryRemove(form["code"].ToString(), out var request))
            return Refused("invalid_grant");
        var challenge = Url(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        Fault = form["grant_type"] != "authorization_code" ? "grant type"
            : form["client_id"] != ClientId || request.Client != ClientId || form["client_secret"] != ClientSecret ? "client"
            : form["redirect_uri"] != request.RedirectUri ? "redirect URI"
            : request.Method != "S256" || request.Challenge != challenge ? "PKCE"
            : null;
        if (Fault is not null)
            return Refused("invalid_grant");
        var now = TimeProvider.System.GetUtcNow();
        var claims = new JsonObject
        {
            ["iss"] = Address,
            ["aud"] = ClientId,
            ["sub"] = Subject,
            ["nonce"] = request.Nonce,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
        };
        foreach (var (name, value) in Profile)
            claims[name] = value?.DeepClone();
        Change?.Invoke(claims);
        return Results.Json(new { access_token = "none", token_type = "Bearer", expires_in = 300, id_token = Sign(claims) });
    }

    private string Sign(JsonObject claims)
    {
        var content = Part(new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = "one" }) + "." + Part(claims);
        var signature = (OtherKey ?? _key).SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{content}.{Url(signature)}";
    }

    private static IResult Refused(string error) => Results.Json(new { error }, statusCode: StatusCodes.Status400BadRequest);

    private static string Part(JsonObject json) => Url(JsonSerializer.SerializeToUtf8Bytes(json));

    private static string Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private sealed record Request(string Client, string RedirectUri, string Nonce, string Challenge, string Method);
}
