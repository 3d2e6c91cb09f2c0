using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChunkUpload.Api.Errors;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Requests;

/// <summary>Parses <c>Idempotency-Key</c>: a value that the client chooses, stored with the digest of its request.</summary>
internal static class IdempotencyKey
{
    public const string Header = ServiceHeaders.IdempotencyKey;

    /// <summary>The response header that says that an earlier request with the same key was answered.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";
    private const int MaxCharacters = 255;

    public static Refusal Malformed { get; } = Refusal.Of(
        RequestError.InvalidHeader, $"{Header} must be one value of 1 to {MaxCharacters} visible ASCII characters.");

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

    /// <summary>Returns a digest that is equal for two bodies with the same values, regardless of spacing and order.</summary>
    public static Sha256Digest HashOf<T>(T body, JsonTypeInfo<T> type) => Sha256Digest.Of(JsonSerializer.SerializeToUtf8Bytes(body, type));
}
