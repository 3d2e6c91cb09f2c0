using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Hooks;

/// <summary>
/// Signs requests according to the Standard Webhooks specification, so that its libraries can verify them: HMAC-SHA-256 over id, time and
/// body.
/// </summary>
public static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";
    public const string SecretPrefix = "whsec_";

    private const int SecretBytes = 32;

    // The limits of the specification.
    private const int ShortestSecret = 24, LongestSecret = 64;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static string TextOf(byte[] secret) => SecretPrefix + Convert.ToBase64String(secret);

    /// <summary>Returns null if the text is not a valid secret.</summary>
    public static byte[]? Parse(string secret)
    {
        var bytes = new byte[LongestSecret];
        return secret.StartsWith(SecretPrefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(secret[SecretPrefix.Length..], bytes, out var length) && length >= ShortestSecret
            ? bytes[..length]
            : null;
    }

    public static IReadOnlyList<(string Name, string Value)> Headers(byte[] secret, string id, DateTimeOffset at, byte[] body)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(Encoding.ASCII.GetBytes($"{id}.{seconds}."));
        hmac.AppendData(body);
        return
        [
            (IdHeader, id), (TimestampHeader, seconds), (SignatureHeader, "v1," + Convert.ToBase64String(hmac.GetHashAndReset())),
        ];
    }
}
