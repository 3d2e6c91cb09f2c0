using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Wire;

/// <summary>Parses <c>X-Chunk-SHA256</c>: 64 hexadecimal digits, for clients without structured fields.</summary>
internal static class HexDigestField
{
    public const string Name = ServiceHeaders.ChunkSha256;

    public static FieldStatus Read(StringValues field, out Sha256Digest digest)
    {
        digest = default;
        var reading = FieldStatus.Absent;
        foreach (var line in field)
        {
            if (!Sha256Digest.TryParseHex(line?.Trim(), out var found))
                return FieldStatus.Malformed;
            if (reading == FieldStatus.Found && found != digest)
                return FieldStatus.Contradictory;
            digest = found;
            reading = FieldStatus.Found;
        }

        return reading;
    }
}
