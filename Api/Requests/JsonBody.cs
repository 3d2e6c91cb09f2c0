using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChunkUpload.Api.Errors;
using FluentValidation;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Requests;

/// <summary>A body, or the refusal of an invalid one.</summary>
internal readonly record struct JsonReading<T>(T? Value, Refusal? Refusal)
    where T : class;

/// <summary>
/// Reads the API's small JSON bodies with limits on size, depth and time, and strictly otherwise. All errors are reported at once.
/// </summary>
internal static class JsonBody
{
    public const int MaxBytes = 64 << 10;

    private const int MaxSentences = 5;

    /// <param name="whenEmpty">The value of an empty body; null when a body is required.</param>
    /// <param name="most">The maximum number of bytes.</param>
    public static async Task<JsonReading<T>> ReadAsync<T>(
        HttpContext context, JsonTypeInfo<T> type, IValidator<T> validator, T? whenEmpty, CancellationToken cancellationToken,
        int most = MaxBytes)
        where T : class
    {
        // 1. Check the content type before a byte is read.
        var request = context.Request;
        var mayBeEmpty = whenEmpty is not null && request.ContentType is null;
        if (!mayBeEmpty && !IsJson(request.ContentType))
            return Refused<T>(RequestError.MediaTypeNotSupported, $"Send the body as application/json in UTF-8.{FormUpload.Hint(request)}");

        // 2. Read the bytes, within the time limit of all bodies.
        var (bytes, refusal) = await SmallBody.ReadAsync(context, most, cancellationToken);
        if (bytes is null)
            return new JsonReading<T>(null, refusal);
        if (bytes.Length == 0 && whenEmpty is not null)
            return new JsonReading<T>(whenEmpty, null);

        // 3. Check the syntax.
        if (JsonSyntax.Fault(bytes, type.Options.MaxDepth) is { } broken)
            return Refused<T>(RequestError.MalformedJson, broken);

        // 4. Validate the names, types and values of the fields.
        using var document = JsonDocument.Parse(bytes);
        var fields = JsonFields<T>.Read(document.RootElement, type);
        var faults = fields.Faults.ToDictionary(field => field.Key, field => field.Value.ToArray());
        foreach (var field in validator.Validate(fields.Value).Errors.GroupBy(error => error.PropertyName)
            .Where(field => !fields.Explains(field.Key)))
            faults[field.Key] = [.. field.Select(error => error.ErrorMessage).Distinct()];
        // Check after the validator, because its messages are more precise.
        foreach (var name in fields.WithNul)
            _ = faults.TryAdd(name, [$"The field {name} has a NUL character (U+0000); send it without."]);
        if (faults.Count == 0)
            return new JsonReading<T>(fields.Value, null);
        var code = fields.Faults.Count > 0 ? RequestError.MalformedJson : RequestError.InvalidField;
        return new JsonReading<T>(null, Refusal.Of(new RequestFailure(code, Sentences(faults)) { Errors = faults }));
    }

    private static string Sentences(Dictionary<string, string[]> faults)
    {
        var all = faults.Values.SelectMany(field => field).ToList();
        var sentences = string.Join(' ', all.Take(MaxSentences));
        return all.Count > MaxSentences ? $"{sentences} There are more faults: see \"errors\"." : sentences;
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var parsed)
        && (parsed.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        && (!parsed.Charset.HasValue || HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static JsonReading<T> Refused<T>(RequestError error, string detail)
        where T : class => new(null, Refusal.Of(error, detail));
}
