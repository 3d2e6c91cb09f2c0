using ChunkUpload.Api.Requests;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>The supported digests of one message; null if not declared.</summary>
internal readonly record struct BodyDigests(byte[]? Sha256, byte[]? Sha512)
{
    public bool Any => Sha256 is not null || Sha512 is not null;
}

/// <summary>Parses <c>Content-Digest</c> (RFC 9530) for the two secure algorithms (R100, R104). All others are ignored.</summary>
internal static class BodyDigestField
{
    public const string Name = DigestHeaders.ContentDigest;

    private const int Sha256Length = 32;
    private const int Sha512Length = 64;

    public static FieldStatus Read(StringValues field, out BodyDigests digests)
    {
        digests = default;
        if (field.Count == 0)
            return FieldStatus.Absent;
        byte[]? sha256 = null, sha512 = null;
        var members = new StructuredDictionary(field.Count == 1 ? field[0] : string.Join(", ", field.ToArray()));
        while (members.MoveNext())
        {
            var reading = members.Key switch
            {
                "sha-256" => Take(members.Kind, members.Value, Sha256Length, ref sha256),
                "sha-512" => Take(members.Kind, members.Value, Sha512Length, ref sha512),
                _ => FieldStatus.Absent,
            };
            if (reading is FieldStatus.Malformed or FieldStatus.Contradictory)
                return reading;
        }

        if (members.Malformed)
            return FieldStatus.Malformed;
        digests = new BodyDigests(sha256, sha512);
        return digests.Any ? FieldStatus.Found : FieldStatus.Absent;
    }

    private static FieldStatus Take(StructuredKind kind, ReadOnlySpan<char> base64, int length, ref byte[]? digest)
    {
        if (kind != StructuredKind.ByteSequence || !TryDecode(base64, length, out var found))
            return FieldStatus.Malformed;
        if (digest is not null && !digest.AsSpan().SequenceEqual(found))
            return FieldStatus.Contradictory;
        digest = found;
        return FieldStatus.Found;
    }

    private static bool TryDecode(ReadOnlySpan<char> base64, int length, out byte[] bytes)
    {
        bytes = new byte[length];
        // RFC 9651, 4.2.7: a parser must accept missing padding.
        var whole = (length + 2) / 3 * 4;
        if (base64.Length > whole)
            return false;
        Span<char> padded = stackalloc char[whole];
        padded.Fill('=');
        base64.CopyTo(padded);
        return Convert.TryFromBase64Chars(padded, bytes, out var written) && written == length;
    }
}
