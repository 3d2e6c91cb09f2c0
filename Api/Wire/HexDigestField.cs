using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Wire;

/// <summary><c>X-Chunk-SHA256</c>: 64 hexadecimal digits, for those who find structured fields too much.</summary>
internal static class HexDigestField
{
    public const string Name = ServiceHeaders.ChunkSha256;

    public static Reading Read(StringValues field, out Sha256Digest digest)
    {
        digest = default;
        var reading = Reading.Absent;
        foreach (var line in field)
        {
            if (!Sha256Digest.TryParseHex(line?.Trim(), out var found))
                return Reading.Malformed;
            if (reading == Reading.Found && found != digest)
                return Reading.Contradictory;
            digest = found;
            reading = Reading.Found;
        }

        return reading;
    }
}
