using System.Text;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Wire;

/// <summary>
/// Parses <c>Upload-Metadata</c>: comma-separated keys with base64 values (T80-T85). A value may be any bytes; it is text only if it is
/// valid UTF-8. <see cref="Raw"/> is sent back to the client as received (T34).
/// </summary>
internal sealed class MetadataField
{
    /// <summary>The maximum length in characters; Host:RequestHeadersSize limits all headers together (T85).</summary>
    public const int Longest = 16 << 10;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, byte[]> _values;

    private MetadataField(string raw, Dictionary<string, byte[]> values) => (Raw, _values) = (raw, values);

    public string Raw { get; }

    public IReadOnlyDictionary<string, byte[]> Values => _values;

    /// <summary>Returns the text of the first of these keys that has one.</summary>
    public string? Text(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (_values.TryGetValue(key, out var value) && TextOf(value) is { Length: > 0 } text)
                return text;
        }

        return null;
    }

    /// <summary>Returns text values as text and other values as base64, for lists and views.</summary>
    public IReadOnlyDictionary<string, string> ToText() =>
        _values.ToDictionary(pair => pair.Key, pair => TextOf(pair.Value) ?? Convert.ToBase64String(pair.Value));

    /// <param name="metadata">Null also for an empty header, which some clients send for no metadata (T82).</param>
    /// <param name="fault">A sentence if it is malformed.</param>
    public static FieldStatus Read(StringValues field, out MetadataField? metadata, out string fault)
    {
        metadata = null;
        fault = "";
        if (field.Count == 0)
            return FieldStatus.Absent;
        if (field.Count > 1)
        {
            fault = "Upload-Metadata may come once.";
            return FieldStatus.Contradictory;
        }

        var raw = field[0] ?? "";
        if (raw.AsSpan().Trim(" \t").IsEmpty)
            return FieldStatus.Absent;
        if (raw.Length > Longest)
        {
            fault = $"Upload-Metadata has {raw.Length} characters; at most {Longest} are taken.";
            return FieldStatus.Malformed;
        }

        var values = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var range in raw.AsSpan().Split(','))
        {
            if (FaultOf(raw.AsSpan()[range].Trim(" \t"), values) is { } found)
            {
                fault = found;
                return FieldStatus.Malformed;
            }
        }

        metadata = new MetadataField(raw, values);
        return FieldStatus.Found;
    }

    private static string? FaultOf(ReadOnlySpan<char> pair, Dictionary<string, byte[]> values)
    {
        var blank = pair.IndexOf(' ');
        var key = blank < 0 ? pair : pair[..blank];
        var base64 = blank < 0 ? default : pair[(blank + 1)..];
        if (key.IsEmpty)
            return "Upload-Metadata has an empty key.";
        // The header is sent back to clients and must be ASCII.
        if (key.ContainsAnyExceptInRange('!', '~'))
            return "A key of Upload-Metadata has only visible ASCII characters.";
        if (!Base64Text.Is(base64))
            return $"The value of \"{key}\" in Upload-Metadata is not base64 with its padding.";
        return values.TryAdd(key.ToString(), Convert.FromBase64String(base64.ToString()))
            ? null
            : $"Upload-Metadata has the key \"{key}\" twice.";
    }

    // PostgreSQL cannot store NUL in text.
    private static string? TextOf(byte[] value)
    {
        try
        {
            return value.AsSpan().Contains((byte)0) ? null : Strict.GetString(value);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
