using System.Text.Json.Serialization;

namespace ChunkUpload.Api.Files;

/// <summary>A finished file.</summary>
internal sealed record FileView
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>checking: all bytes are received, and a checker decides whether they become a file. Missing for a finished file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? State { get; init; }

    public required long Size { get; init; }

    /// <summary>Null until it is computed.</summary>
    public required string? Sha256 { get; init; }

    public required string ContentType { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>The address of its content.</summary>
    public required string ContentUrl { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset CompletedAt { get; init; }

    /// <summary>When it is removed; null if it is kept, as are all files of the tree.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Its paths in the tree, at most ten. Only in the response for a single file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Places { get; init; }

    /// <summary>Why it could not be published at its path and is unfiled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UnfiledReason { get; init; }

    /// <summary>Since when stored bytes are known to be missing or wrong.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DamagedAt { get; init; }
}
