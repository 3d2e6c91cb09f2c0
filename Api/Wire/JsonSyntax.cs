using System.Text.Json;

namespace ChunkUpload.Api.Wire;

/// <summary>Checks whether a body is valid JSON, and an object that is not nested too deeply.</summary>
internal static class JsonSyntax
{
    /// <returns>The fault, as a sentence; null for valid JSON.</returns>
    public static string? Fault(ReadOnlySpan<byte> body, int maxDepth)
    {
        // The reader's own limit is one level deeper, so that its exception always means invalid syntax.
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth + 1 });
        try
        {
            var begun = false;
            while (reader.Read())
            {
                if (!begun && reader.TokenType != JsonTokenType.StartObject)
                    return reader.TokenType == JsonTokenType.Null
                        ? "The body is null; an object is expected."
                        : "The body must be a JSON object.";
                begun = true;
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= maxDepth)
                    return "The JSON is nested too deeply.";
            }

            return null;
        }
        catch (JsonException fault)
        {
            var at = fault is { LineNumber: { } line, BytePositionInLine: { } column } ? $" (line {line + 1}, byte {column + 1})" : "";
            return $"The body is not valid JSON{at}.";
        }
    }
}
