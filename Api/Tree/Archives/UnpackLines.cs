using System.Text.Json.Serialization;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>The result for one member of an archive.</summary>
internal sealed record MemberLine
{
    /// <summary>The path below the folder, as in the archive.</summary>
    public required string Path { get; init; }

    /// <summary>created, replaced, unchanged, renamed, checking or failed.</summary>
    public required string Outcome { get; init; }

    /// <summary>The id of the entry.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>For a file: the id of its content, also while it is being checked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FileId { get; init; }

    /// <summary>The new name, if it was renamed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Why it failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }
}

/// <summary>The last line of the response to an archive.</summary>
internal sealed record SumLine
{
    /// <summary>Whether the archive was read to its end. Members may still have failed.</summary>
    public required bool Complete { get; init; }

    public required long Created { get; init; }
    public required long Replaced { get; init; }
    public required long Renamed { get; init; }
    public required long Unchanged { get; init; }
    public required long Failed { get; init; }

    /// <summary>The number of files that are being checked; left out if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Checking { get; init; }

    public required long StoredBytes { get; init; }

    /// <summary>The number of lines that were left out because the client did not read.</summary>
    public required long OmittedLines { get; init; }

    /// <summary>Why the archive was not read to its end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }
}
