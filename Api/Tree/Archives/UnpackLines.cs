using System.Text.Json.Serialization;

namespace ChunkUpload.Api.Tree.Archives;

/// <summary>The result for one member of an archive.</summary>
internal sealed record MemberLine
{
    /// <summary>Below the folder, as the archive names it.</summary>
    public required string Path { get; init; }

    /// <summary>created, replaced, unchanged, renamed, checking or failed.</summary>
    public required string Outcome { get; init; }

    /// <summary>The entry's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>Of a file: the id of its content, also while it is checked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FileId { get; init; }

    /// <summary>The name that it has got, if it was renamed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Why it failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }
}

/// <summary>The last line of the answer to an archive.</summary>
internal sealed record SumLine
{
    /// <summary>Whether the archive was read to its end. Members may have failed all the same.</summary>
    public required bool Complete { get; init; }

    public required long Created { get; init; }
    public required long Replaced { get; init; }
    public required long Renamed { get; init; }
    public required long Unchanged { get; init; }
    public required long Failed { get; init; }

    /// <summary>Files about which a checker decides first; left out where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Checking { get; init; }

    public required long StoredBytes { get; init; }

    /// <summary>How many lines were left out because the client did not read.</summary>
    public required long OmittedLines { get; init; }

    /// <summary>Why the archive was not read to its end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }
}
