using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Access;

/// <summary>
/// Time-based one-time codes (TOTP, RFC 6238), as authenticator apps generate them: HMAC-SHA-1, six digits, a step of 30 seconds.
/// </summary>
public static class OneTimeCodes
{
    public const int Digits = 6;

    private const int SecretBytes = 20;
    private const int HashBytes = 20;
    private const int StepSeconds = 30;

    // The client's clock may be one step off.
    private const int Skew = 1;

    private const string Base32Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    /// <param name="step">The number of the interval since 1970.</param>
    public static string Code(ReadOnlySpan<byte> secret, long step, int digits = Digits)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HashBytes];
        CryptographicOperations.HmacData(HashAlgorithmName.SHA1, secret, counter, hash);
        var offset = hash[^1] & 0xf;
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[offset..]) & int.MaxValue;
        return (number % (int)Math.Pow(10, digits)).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    public static long StepAt(DateTimeOffset at) => at.ToUnixTimeSeconds() / StepSeconds;

    /// <summary>Returns the step that has this code; null if no current step has it, or none later than the last accepted step.</summary>
    public static long? Match(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long last)
    {
        var given = Encoding.UTF8.GetBytes(code);
        long? found = null;
        for (var step = StepAt(now) - Skew; step <= StepAt(now) + Skew; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(Code(secret, step))) && step > last)
                found = step;
        }

        return found;
    }

    /// <summary>The secret in base32, for typing it into an app.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (buffer, bits) = (0, 0);
        foreach (var one in bytes)
        {
            buffer = ((buffer << 8) | one) & 0xfff;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text.Append(Base32Letters[(buffer >> bits) & 31]);
            }
        }

        return bits == 0 ? text.ToString() : text.Append(Base32Letters[(buffer << (5 - bits)) & 31]).ToString();
    }

    /// <summary>The otpauth URI, which apps read from a QR code.</summary>
    public static string Uri(string issuer, string account, ReadOnlySpan<byte> secret) =>
        $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(account)}"
            + $"?secret={Base32(secret)}&issuer={System.Uri.EscapeDataString(issuer)}";
}

/// <summary>Codes that replace the second factor, each once: two groups of five letters and digits.</summary>
public static class RecoveryCodes
{
    public const int Count = 10;

    private const int Group = 5;
    private const string Letters = "abcdefghjkmnpqrstuvwxyz23456789";

    public static IReadOnlyList<string> New() =>
        [.. Enumerable.Range(0, Count).Select(_ =>
            $"{RandomNumberGenerator.GetString(Letters, Group)}-{RandomNumberGenerator.GetString(Letters, Group)}")];

    public static byte[] Hash(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code.Trim().ToLowerInvariant()));
}
