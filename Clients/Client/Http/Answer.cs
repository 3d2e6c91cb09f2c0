using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ChunkUpload.Client.Http;

/// <summary>An answer that is no failure.</summary>
internal sealed record Answer(int Status, byte[] Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    private const string NotUnderstood =
        "The answer has not the form of one of this service. Another program may be at this address, or the service is damaged.";

    public string? Header(string name) =>
        Headers.TryGetValues(name, out var values) || ContentHeaders.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    public long? Number(string name) =>
        long.TryParse(Header(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>
    /// Reads the answer. One that is no JSON was cut, or a captive portal gave it: that passes. JSON with other values than those of a
    /// service is an invalid answer.
    /// </summary>
    public T Read<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize(Body, type) is { } value && value is not IAnswer { IsValid: false })
                return value;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw IsJson(Body)
                ? TransferException.Invalid(NotUnderstood, failure)
                : TransferException.Network("Something else than the service has answered.", failure);
        }

        throw TransferException.Invalid(NotUnderstood);
    }

    /// <summary>An answer of lines, each of which is an object.</summary>
    public List<T> ReadLines<T>(JsonTypeInfo<T> type)
        where T : class
    {
        var lines = new List<T>();
        for (var start = 0; start < Body.Length;)
        {
            var length = Body.AsSpan(start).IndexOf((byte)'\n') is >= 0 and var found ? found : Body.Length - start;
            if (length > 0)
                lines.Add((this with { Body = Body[start..(start + length)] }).Read(type));
            start += length + 1;
        }

        return lines;
    }

    private static bool IsJson(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
