using System.Text.Json;

namespace ChunkUpload.Api.Wire;

/// <summary>Says what is wrong with a JSON body in words that know nothing of our types.</summary>
internal static class JsonFault
{
    public static string Describe(JsonException e)
    {
        var field = e.Path is { Length: > 2 } path ? path[2..] : null;
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal))
            return $"There is no field {field ?? "of this name"}.";
        if (e.Message.Contains("uplicate", StringComparison.Ordinal))
            return field is null ? "A field comes twice." : $"The field {field} comes twice.";
        if (e.Message.Contains("maximum configured depth", StringComparison.Ordinal))
            return "The JSON is nested too deeply.";
        if (e.Message.Contains("could not be converted", StringComparison.Ordinal))
            return field is null ? "The body must be a JSON object." : $"The field {field} has the wrong type or lies outside its range.";
        return field is null
            ? $"The body is not valid JSON{Place(e)}."
            : $"The body is not valid JSON at {field}{Place(e)}.";
    }

    private static string Place(JsonException e) =>
        e.LineNumber is { } line && e.BytePositionInLine is { } column ? $" (line {line + 1}, byte {column + 1})" : "";
}
