using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The tests' own issuer: it publishes its keys and signs tokens, valid and invalid ones.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private RSA _key = RSA.Create(2048);
    private string _keyId = "first";

    private TokenIssuer(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    public int Asked { get; private set; }

    public static async Task<TokenIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new TokenIssuer(app);
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(
            new { issuer = issuer.Address, jwks_uri = issuer.Address + "/keys" }));
        app.MapGet("/keys", () =>
        {
            issuer.Asked++;
            return Results.Text(issuer.Keys, "application/json");
        });
        await app.StartAsync();
        issuer.Address = app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First();
        return issuer;
    }

    /// <summary>As JWKS.</summary>
    public string Keys
    {
        get
        {
            var parameters = _key.ExportParameters(false);
            return JsonSerializer.Serialize(new
            {
                keys = new[]
                {
                    new { kty = "RSA", use = "sig", kid = _keyId, n = Url(parameters.Modulus!), e = Url(parameters.Exponent!) },
                },
            });
        }
    }

    /// <summary>The claims of a good token.</summary>
    public JsonObject Claims(string subject = "ann") => new()
    {
        ["iss"] = Address,
        ["aud"] = "uploads",
        ["sub"] = subject,
        ["tenant"] = "default",
        ["exp"] = TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds(),
        ["scope"] = "upload read list delete profile",
    };

    public string Sign(JsonObject claims, string? keyId = null, RSA? key = null)
    {
        var content = Part(new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = keyId ?? _keyId }) + "." + Part(claims);
        var signature = (key ?? _key).SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{content}.{Url(signature)}";
    }

    /// <summary>Signed with HMAC: by a shared secret, or by the public key as if it were one.</summary>
    public string SignShared(JsonObject claims, byte[]? secret = null)
    {
        var content = Part(new JsonObject { ["alg"] = "HS256", ["typ"] = "JWT", ["kid"] = _keyId }) + "." + Part(claims);
        var key = secret ?? Encoding.ASCII.GetBytes(_key.ExportSubjectPublicKeyInfoPem());
        return $"{content}.{Url(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(content)))}";
    }

    public static string Unsigned(JsonObject claims) =>
        Part(new JsonObject { ["alg"] = "none", ["typ"] = "JWT" }) + "." + Part(claims) + ".";

    public void NewKey()
    {
        _key.Dispose();
        _key = RSA.Create(2048);
        _keyId = "second";
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private static string Part(JsonObject json) => Url(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static string Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
