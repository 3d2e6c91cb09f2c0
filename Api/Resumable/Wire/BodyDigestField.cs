using ChunkUpload.Api.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Resumable.Wire;

/// <summary>The digests of one message that count; null: not given.</summary>
internal readonly record struct BodyDigests(byte[]? Sha256, byte[]? Sha512)
{
    public bool Any => Sha256 is not null || Sha512 is not null;
}

/// <summary>
/// <c>Content-Digest</c> (RFC 9530) with both algorithms that are safe (R100, R104). All others are skipped, as if they were not there.
/// </summary>
internal static class BodyDigestField
{
    public const string Name = DigestHeaders.ContentDigest;

    private const int Sha256Length = 32;
    private const int Sha512Length = 64;

    public static Reading Read(StringValues field, out BodyDigests digests)
    {
        digests = default;
        if (field.Count == 0)
            return Reading.Absent;
        byte[]? sha256 = null, sha512 = null;
        var members = new StructuredDictionary(field.Count == 1 ? field[0] : string.Join(", ", field.ToArray()));
        while (members.MoveNext())
        {
            var reading = members.Key switch
            {
                "sha-256" => Take(members.Kind, members.Value, Sha256Length, ref sha256),
                "sha-512" => Take(members.Kind, members.Value, Sha512Length, ref sha512),
                _ => Reading.Absent,
            };
            if (reading is Reading.Malformed or Reading.Contradictory)
                return reading;
        }

        if (members.Malformed)
            return Reading.Malformed;
        digests = new BodyDigests(sha256, sha512);
        return digests.Any ? Reading.Found : Reading.Absent;
    }

    private static Reading Take(StructuredKind kind, ReadOnlySpan<char> base64, int length, ref byte[]? digest)
    {
        if (kind != StructuredKind.ByteSequence || !TryDecode(base64, length, out var found))
            return Reading.Malformed;
        if (digest is not null && !digest.AsSpan().SequenceEqual(found))
            return Reading.Contradictory;
        digest = found;
        return Reading.Found;
    }

    private static bool TryDecode(ReadOnlySpan<char> base64, int length, out byte[] bytes)
    {
        bytes = new byte[length];
        // RFC 9651, 4.2.7: a parser does not fail on padding that was left out.
        var whole = (length + 2) / 3 * 4;
        if (base64.Length > whole)
            return false;
        Span<char> padded = stackalloc char[whole];
        padded.Fill('=');
        base64.CopyTo(padded);
        return Convert.TryFromBase64Chars(padded, bytes, out var written) && written == length;
    }
}
