using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Api.Access.Keys;

/// <summary>
/// The operator key: 256 random bits behind a prefix that secret scanners can find. Only its SHA-256 stays in memory; comparing two digests
/// in constant time reveals nothing.
/// </summary>
internal sealed class OperatorKey
{
    public const string Prefix = "cu_op_";
    private const int RandomBytes = 32;
    private const int TextLength = 6 + 43;

    private byte[]? _digest;

    /// <summary>The SHA-256 of the key; null if no key is needed.</summary>
    public byte[]? Digest => _digest;

    public static string NewText() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    public static bool IsWellFormed(string text) =>
        text.Length == TextLength
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && Base64Url.IsValid(text.AsSpan(Prefix.Length), out var bytes) && bytes == RandomBytes;

    public void Set(string text) => _digest = SHA256.HashData(Encoding.UTF8.GetBytes(text));

    public bool Matches(ReadOnlySpan<char> presented)
    {
        if (_digest is not { } expected)
            return false;
        // A key of another length is wrong, and the length is no secret.
        if (presented.Length != TextLength)
            return false;
        Span<byte> bytes = stackalloc byte[TextLength * 3];
        var count = Encoding.UTF8.GetBytes(presented, bytes);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..count], digest);
        return CryptographicOperations.FixedTimeEquals(digest, expected);
    }
}
