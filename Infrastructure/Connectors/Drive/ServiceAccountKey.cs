using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>A service account's key, in the JSON form of Google's console.</summary>
internal sealed class ServiceAccountKey
{
    /// <summary>The minimum key size; Google issues keys of 2048 bits.</summary>
    private const int SmallestKey = 2048;

    /// <summary>Google's hosts in token_uri; older keys contain the second one.</summary>
    private static readonly string[] GoogleHosts = ["oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"];

    private readonly string _email;
    private readonly string? _keyId;
    private readonly string _pem;

    private ServiceAccountKey(string email, string? keyId, string pem) => (_email, _keyId, _pem) = (email, keyId, pem);

    /// <param name="tokenUrl">The address for tokens, which is used instead of the one in the key.</param>
    /// <param name="fault">A sentence that says what is wrong.</param>
    public static ServiceAccountKey? Read(string json, string tokenUrl, out string? fault)
    {
        fault = null;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } key)
                return Refuse("This is no JSON object.", out fault);
            if (key.TryGetProperty("web", out _) || key.TryGetProperty("installed", out _))
            {
                return Refuse(
                    "This is the JSON of an OAuth client, which the operator sets as Connections:Google:ClientId. A service account's key "
                        + "has client_email and private_key.",
                    out fault);
            }

            if (DriveItems.Text(key, "type") is not "service_account")
                return Refuse("This is not the key of a service account: its \"type\" is not service_account.", out fault);
            if (DriveItems.Text(key, "client_email") is not { } email || !IsAddress(email))
                return Refuse("The key has no \"client_email\" with the service account's address.", out fault);
            if (DriveItems.Text(key, "token_uri") is { } address && !IsGoogles(address, tokenUrl))
                return Refuse("The key's \"token_uri\" is not Google's. Download the key from Google again.", out fault);
            if (DriveItems.Text(key, "private_key") is not { } pem)
                return Refuse("The key has no \"private_key\". Download it from Google again.", out fault);
            var made = new ServiceAccountKey(email, DriveItems.Text(key, "private_key_id"), pem);
            return made.Signed("") is not null
                ? made
                : Refuse("The key's \"private_key\" is not an RSA key of at least 2048 bits. Download it from Google again.", out fault);
        }
        catch (JsonException)
        {
            return Refuse("This is not JSON. Choose the file that Google gave when the key was made.", out fault);
        }
    }

    /// <summary>Creates the assertion that Google exchanges for an access token (RFC 7523).</summary>
    public string Assertion(string scope, string audience, DateTimeOffset now, TimeSpan lasts)
    {
        var header = new Dictionary<string, string> { ["alg"] = "RS256", ["typ"] = "JWT" };
        if (_keyId is { } id)
            header["kid"] = id;
        var claims = new Dictionary<string, object>
        {
            ["iss"] = _email,
            ["scope"] = scope,
            ["aud"] = audience,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + lasts).ToUnixTimeSeconds(),
        };
        var text = $"{Encoded(header)}.{Encoded(claims)}";
        return $"{text}.{Base64Url.EncodeToString(Signed(text)!)}";
    }

    private static string Encoded<T>(T part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));

    private byte[]? Signed(string text)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(_pem);
            return rsa.KeySize >= SmallestKey
                ? rsa.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                : null;
        }
        catch (Exception reason) when (reason is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static bool IsAddress(string text) =>
        text.Length <= 320 && text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1
        && !text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter));

    private static bool IsGoogles(string address, string tokenUrl) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && ((uri.Scheme == Uri.UriSchemeHttps && GoogleHosts.Contains(uri.Host))
            || (Uri.TryCreate(tokenUrl, UriKind.Absolute, out var ours) && uri.Scheme == ours.Scheme && uri.Authority == ours.Authority));

    private static ServiceAccountKey? Refuse(string sentence, out string? fault)
    {
        fault = sentence;
        return null;
    }
}
