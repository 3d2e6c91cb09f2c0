using System.Text.Json;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Sessions;

/// <summary><c>Idempotency-Key</c>: one value that the client makes up, and the digest of the request it was made up for.</summary>
internal static class IdempotencyKey
{
    public const string Header = ServiceHeaders.IdempotencyKey;
    private const int MostCharacters = 255;

    public static Reading Read(StringValues field, out string? key)
    {
        key = null;
        if (field.Count == 0)
            return Reading.Absent;
        if (field.Count > 1)
            return Reading.Contradictory;
        if (field[0] is not { Length: > 0 and <= MostCharacters } text || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return Reading.Malformed;
        key = text;
        return Reading.Found;
    }

    /// <summary>
    /// The same for two bodies that mean the same, however they are spelt: blanks, the order of names, the case of digits.
    /// </summary>
    public static Sha256Digest Hash(NewSessionBody body)
    {
        var canonical = body with
        {
            ContentType = body.ContentType ?? MediaTypeRule.Default,
            Sha256 = body.Sha256?.ToLowerInvariant(),
            Metadata = new Dictionary<string, string>((body.Metadata ?? []).OrderBy(pair => pair.Key, StringComparer.Ordinal)),
        };
        return Sha256Digest.Of(JsonSerializer.SerializeToUtf8Bytes(canonical, ApiJson.In.NewSessionBody));
    }
}
