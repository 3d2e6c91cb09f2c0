using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Sessions;

/// <summary>Parses <c>Idempotency-Key</c>: a value that the client chooses, stored with the digest of its request.</summary>
internal static class IdempotencyKey
{
    public const string Header = ServiceHeaders.IdempotencyKey;
    private const int MaxCharacters = 255;

    public static FieldStatus Read(StringValues field, out string? key)
    {
        key = null;
        if (field.Count == 0)
            return FieldStatus.Absent;
        if (field.Count > 1)
            return FieldStatus.Contradictory;
        if (field[0] is not { Length: > 0 and <= MaxCharacters } text || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return FieldStatus.Malformed;
        key = text;
        return FieldStatus.Found;
    }

    /// <summary>Equal for two bodies that mean the same, whatever their spacing, order of names and case of digits.</summary>
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
