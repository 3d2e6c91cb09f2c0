using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Control.OAuth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Drive;

/// <summary>
/// Keys of service accounts, and the tokens for what they have signed (RFC 7523). An account of the emulator serves as one.
/// </summary>
internal sealed class ServiceAccounts
{
    private const string GrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly List<Key> _keys = [];
    private EmulatorContext? _context;

    public void Map(WebApplication app, EmulatorContext context)
    {
        _context = context;
        app.MapPost("/_control/drive/service-account", (string? account) => Make(account));
        app.MapDelete("/_control/drive/service-account", (string? account) =>
        {
            lock (_gate)
                return Results.Json(new { removed = _keys.RemoveAll(key => account is null || key.Account.Email == account) });
        });
    }

    /// <summary>Returns null if the grant is another one.</summary>
    public TokenAnswer? Redeem(
        OAuthServer server, IReadOnlyDictionary<string, string> scopesKnown, IReadOnlyDictionary<string, string> values)
    {
        if (values.GetValueOrDefault("grant_type") != GrantType)
            return null;
        if (Read(values.GetValueOrDefault("assertion", "")) is not { } jwt)
            return server.Error(400, "invalid_grant", "Invalid JWT.");
        if (!IsSigned(jwt, out var account))
            return server.Error(400, "invalid_grant", "Invalid JWT Signature.");
        var now = _context!.Clock.GetUtcNow();
        if (jwt.Issued > now + Skew || jwt.Expires <= now - Skew || jwt.Expires - jwt.Issued > LongestLife)
        {
            return server.Error(
                400, "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp.");
        }

        if (jwt.Audience != TokenAddress)
            return server.Error(400, "invalid_grant", "Failed audience check.");
        var scopes = jwt.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return scopes.Length == 0 || scopes.Any(scope => !scopesKnown.ContainsKey(scope))
            ? server.Error(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
            : server.Issue("service-account", account, scopes, withRefresh: false);
    }

    public void Reset()
    {
        lock (_gate)
            _keys.Clear();
    }

    private string TokenAddress => $"{_context!.Addresses[0]}/token";

    private IResult Make(string? email)
    {
        var accounts = _context!.Options.Accounts;
        if ((email is null ? accounts[0] : accounts.FirstOrDefault(each => each.Email == email)) is not { } account)
            return Results.NotFound();
        using var rsa = RSA.Create(2048);
        var key = new Key(Ids.Random(40, "0123456789abcdef"), account, rsa.ExportRSAPublicKey());
        lock (_gate)
            _keys.Add(key);
        return Results.Json(new Dictionary<string, string>
        {
            ["type"] = "service_account",
            ["project_id"] = "emulated",
            ["private_key_id"] = key.Id,
            ["private_key"] = rsa.ExportPkcs8PrivateKeyPem() + "\n",
            ["client_email"] = account.Email,
            ["client_id"] = account.Id,
            ["auth_uri"] = $"{_context.Addresses[0]}/o/oauth2/v2/auth",
            ["token_uri"] = TokenAddress,
        });
    }

    private bool IsSigned(Jwt jwt, out EmulatedAccount account)
    {
        Key? key;
        lock (_gate)
            key = _keys.Find(each => each.Account.Email == jwt.Issuer && (jwt.KeyId is null || each.Id == jwt.KeyId));
        account = key?.Account!;
        if (key is null)
            return false;
        using var rsa = RSA.Create();
        rsa.ImportRSAPublicKey(key.PublicKey, out _);
        return rsa.VerifyData(Encoding.ASCII.GetBytes(jwt.Signed), jwt.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private static Jwt? Read(string assertion)
    {
        try
        {
            if (assertion.Split('.') is not [var first, var second, var third])
                return null;
            var header = JsonElement.Parse(Base64Url.DecodeFromChars(first));
            var claims = JsonElement.Parse(Base64Url.DecodeFromChars(second));
            return header.GetProperty("alg").GetString() == "RS256"
                ? new Jwt(
                    $"{first}.{second}", Base64Url.DecodeFromChars(third),
                    header.TryGetProperty("kid", out var id) ? id.GetString() : null,
                    claims.GetProperty("iss").GetString()!, claims.GetProperty("aud").GetString()!,
                    claims.TryGetProperty("scope", out var scope) ? scope.GetString()! : "",
                    DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("iat").GetInt64()),
                    DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("exp").GetInt64()))
                : null;
        }
        catch (Exception reason) when (reason is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private sealed record Key(string Id, EmulatedAccount Account, byte[] PublicKey);

    private sealed record Jwt(
        string Signed, byte[] Signature, string? KeyId, string Issuer, string Audience, string Scope, DateTimeOffset Issued,
        DateTimeOffset Expires);
}
