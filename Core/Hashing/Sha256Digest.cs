using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ChunkUpload.Core.Hashing;

/// <summary>The 32 bytes of a SHA-256, as a value.</summary>
public readonly struct Sha256Digest : IEquatable<Sha256Digest>
{
    public const int Length = 32;

    private readonly ulong _a, _b, _c, _d;

    public Sha256Digest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("A SHA-256 has 32 bytes.", nameof(bytes));
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        (_a, _b, _c, _d) = (words[0], words[1], words[2], words[3]);
    }

    /// <summary>The digest of no bytes at all.</summary>
    public static Sha256Digest OfNothing { get; } = Of([]);

    public static Sha256Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> bytes = stackalloc byte[Length];
        SHA256.HashData(content, bytes);
        return new Sha256Digest(bytes);
    }

    /// <summary>64 hexadecimal digits, either case.</summary>
    public static bool TryParseHex([NotNullWhen(true)] string? text, out Sha256Digest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text is not { Length: Length * 2 } ||
            Convert.FromHexString(text, bytes, out _, out var written) != System.Buffers.OperationStatus.Done || written != Length)
        {
            return false;
        }

        digest = new Sha256Digest(bytes);
        return true;
    }

    /// <summary>Base64 with padding, as inside a structured field's byte sequence.</summary>
    public static bool TryParseBase64(ReadOnlySpan<char> text, out Sha256Digest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[Length];
        // A SHA-256 has exactly 44 characters in canonical base64; anything else, including blanks, is rejected.
        if (text.Length != 44 || !Base64.IsValid(text, out var decoded) || decoded != Length || text.ContainsAny(" \t\r\n"))
            return false;
        if (!Convert.TryFromBase64Chars(text, bytes, out var written) || written != Length)
            return false;
        digest = new Sha256Digest(bytes);
        return true;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    public void CopyTo(Span<byte> destination)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(destination[..Length]);
        (words[0], words[1], words[2], words[3]) = (_a, _b, _c, _d);
    }

    public string ToBase64() => Convert.ToBase64String(ToArray());

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    public bool Equals(Sha256Digest other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override bool Equals(object? obj) => obj is Sha256Digest other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_a, _b);

    public static bool operator ==(Sha256Digest left, Sha256Digest right) => left.Equals(right);

    public static bool operator !=(Sha256Digest left, Sha256Digest right) => !left.Equals(right);
}
