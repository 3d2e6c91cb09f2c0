using System.Text.Json.Serialization;

namespace ChunkUpload.Api.Health;

/// <summary>Whether the service can do its work.</summary>
/// <param name="Status">live, ready or not_ready.</param>
/// <param name="Checks">Only for callers with a key.</param>
internal sealed record HealthView(
    string Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, CheckView>? Checks = null);

/// <param name="Ok">Whether uploads can be taken.</param>
/// <param name="Detail">A sentence if the check fails, or if something else is wrong: a bucket from which files cannot be read.</param>
/// <param name="Figures">Bytes, milliseconds.</param>
internal sealed record CheckView(bool Ok, string? Detail, IReadOnlyDictionary<string, long> Figures);
