using System.Text;
using ChunkUpload.Api.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

/// <summary>
/// <c>Upload-Metadata</c>: keys with base64 values, commas between (T80-T85). Values are any bytes; they are text only where they are
/// valid UTF-8. <see cref="Raw"/> goes back to the client as it came (T34).
/// </summary>
internal sealed class MetadataField
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, byte[]> _values;

    private MetadataField(string raw, Dictionary<string, byte[]> values) => (Raw, _values) = (raw, values);

    public string Raw { get; }

    public IReadOnlyDictionary<string, byte[]> Values => _values;

    /// <summary>The first of these keys that has text in it.</summary>
    public string? Text(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (_values.TryGetValue(key, out var value) && TextOf(value) is { Length: > 0 } text)
                return text;
        }

        return null;
    }

    /// <summary>For lists and views: text as text, other bytes in base64.</summary>
    public IReadOnlyDictionary<string, string> ToText() =>
        _values.ToDictionary(pair => pair.Key, pair => TextOf(pair.Value) ?? Convert.ToBase64String(pair.Value));

    /// <param name="metadata">Null also for an empty header, which some clients send when they have nothing to say (T82).</param>
    /// <param name="fault">One sentence when it is malformed.</param>
    public static Reading Read(StringValues field, int mostCharacters, out MetadataField? metadata, out string fault)
    {
        metadata = null;
        fault = "";
        if (field.Count == 0)
            return Reading.Absent;
        if (field.Count > 1)
        {
            fault = "Upload-Metadata may come once.";
            return Reading.Contradictory;
        }

        var raw = field[0] ?? "";
        if (raw.AsSpan().Trim(" \t").IsEmpty)
            return Reading.Absent;
        if (raw.Length > mostCharacters)
        {
            fault = $"Upload-Metadata has {raw.Length} characters; at most {mostCharacters} are taken.";
            return Reading.Malformed;
        }

        var values = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var range in raw.AsSpan().Split(','))
        {
            if (FaultOf(raw.AsSpan()[range].Trim(" \t"), values) is { } found)
            {
                fault = found;
                return Reading.Malformed;
            }
        }

        metadata = new MetadataField(raw, values);
        return Reading.Found;
    }

    private static string? FaultOf(ReadOnlySpan<char> pair, Dictionary<string, byte[]> values)
    {
        var blank = pair.IndexOf(' ');
        var key = blank < 0 ? pair : pair[..blank];
        var base64 = blank < 0 ? default : pair[(blank + 1)..];
        if (key.IsEmpty)
            return "Upload-Metadata has an empty key.";
        // A header that goes back to clients has to be ASCII.
        if (key.ContainsAnyExceptInRange('!', '~'))
            return "A key of Upload-Metadata has only visible ASCII characters.";
        if (!ChecksumField.IsBase64(base64))
            return $"The value of \"{key}\" in Upload-Metadata is not base64 with its padding.";
        return values.TryAdd(key.ToString(), Convert.FromBase64String(base64.ToString()))
            ? null
            : $"Upload-Metadata has the key \"{key}\" twice.";
    }

    // PostgreSQL stores no NUL in text.
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
