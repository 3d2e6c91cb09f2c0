using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Wire;

/// <summary>Validates content types: one type, one subtype, parameters, printable ASCII only.</summary>
internal static class MediaTypeRule
{
    public const string Default = "application/octet-stream";
    public const int MaxCharacters = 255;

    public static bool Allows(string contentType) =>
        contentType.Length <= MaxCharacters
        && !contentType.AsSpan().ContainsAnyExceptInRange(' ', '~')
        && MediaTypeHeaderValue.TryParse(contentType, out var parsed)
        && !parsed.MatchesAllTypes && !parsed.MatchesAllSubTypes
        && parsed.Type.Length > 0 && parsed.SubType.Length > 0;
}
