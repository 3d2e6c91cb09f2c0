using System.Text.Json.Serialization;

namespace ChunkUpload.Api.Tree;

/// <summary>A file that a client checks.</summary>
internal sealed record CheckLine
{
    /// <summary>The names from the root, with "/" between them.</summary>
    public string? Path { get; init; }

    public long? Size { get; init; }

    /// <summary>ISO 8601 with up to nine decimals, or seconds since 1970.</summary>
    public string? ModifiedAt { get; init; }

    public string? Sha256 { get; init; }
}

/// <summary>Whether a file already exists.</summary>
internal sealed record CheckedLine
{
    public required string Path { get; init; }

    /// <summary>equal, differs, missing or invalid.</summary>
    public required string State { get; init; }

    /// <summary>The difference: size, time, content or kind.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Why { get; init; }

    /// <summary>The id of the entry.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>Why the path is invalid.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }
}
