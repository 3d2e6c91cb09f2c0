using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// Parses <c>Content-Digest</c> and <c>Repr-Digest</c> (RFC 9530): a dictionary of algorithms, of which only SHA-256 is used. Other
/// well-formed members are ignored. According to RFC 9651, the last of two equal keys is used; two different SHA-256 are refused here,
/// because they contradict each other.
/// </summary>
internal static class DigestField
{
    private const int Base64Length = 44;

    public static FieldStatus Read(StringValues field, out Sha256Digest digest)
    {
        digest = default;
        if (field.Count == 0)
            return FieldStatus.Absent;
        var members = new StructuredDictionary(field.Count == 1 ? field[0] : string.Join(", ", field.ToArray()));
        var reading = FieldStatus.Absent;
        while (members.MoveNext())
        {
            if (!members.Key.SequenceEqual("sha-256"))
                continue;
            if (members.Kind != StructuredKind.ByteSequence || !TryDecode(members.Value, out var found))
                return FieldStatus.Malformed;
            if (reading == FieldStatus.Found && found != digest)
                return FieldStatus.Contradictory;
            digest = found;
            reading = FieldStatus.Found;
        }

        return members.Malformed ? FieldStatus.Malformed : reading;
    }

    /// <summary>Formats the field's value.</summary>
    public static string Write(Sha256Digest digest) => $"sha-256=:{digest.ToBase64()}:";

    private static bool TryDecode(ReadOnlySpan<char> base64, out Sha256Digest digest)
    {
        if (base64.Length != Base64Length - 1)
            return Sha256Digest.TryParseBase64(base64, out digest);
        // RFC 9651, 4.2.7: a parser must accept missing padding.
        Span<char> padded = stackalloc char[Base64Length];
        base64.CopyTo(padded);
        padded[^1] = '=';
        return Sha256Digest.TryParseBase64(padded, out digest);
    }
}
