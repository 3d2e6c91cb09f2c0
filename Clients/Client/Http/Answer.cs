using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ChunkUpload.Client.Http;

/// <summary>An answer that is no failure.</summary>
internal sealed record Answer(int Status, byte[] Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public string? Header(string name) =>
        Headers.TryGetValues(name, out var values) || ContentHeaders.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    public long? Number(string name) =>
        long.TryParse(Header(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>An answer that is cut, or that a captive portal gave, is no answer of the service.</summary>
    public T Read<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize(Body, type) is { } value)
                return value;
        }
        catch (JsonException)
        {
        }

        throw TransferException.Network("Something else than the service has answered.");
    }

    /// <summary>An answer of lines, each of which is an object.</summary>
    public List<T> ReadLines<T>(JsonTypeInfo<T> type)
        where T : class
    {
        var lines = new List<T>();
        foreach (var range in Body.AsSpan().Split((byte)'\n'))
        {
            if (Body.AsSpan()[range].Length > 0)
                lines.Add((this with { Body = Body[range] }).Read(type));
        }

        return lines;
    }
}
