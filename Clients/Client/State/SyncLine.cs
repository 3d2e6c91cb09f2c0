using System.Text.Json.Serialization;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.State;

/// <summary>A line of the state of a pair: the header, a row of the base, an answer, a count of removals, or a position.</summary>
internal sealed record SyncLine
{
    public const int CurrentVersion = 1;

    [JsonPropertyName("version")]
    public int? Version { get; init; }

    /// <summary>Header: the address of the service.</summary>
    [JsonPropertyName("service")]
    public string? Service { get; init; }

    /// <summary>Header: the local folder.</summary>
    [JsonPropertyName("local")]
    public string? Local { get; init; }

    /// <summary>Header: the id of the folder at the service.</summary>
    [JsonPropertyName("root")]
    public string? Root { get; init; }

    /// <summary>Header: the id of the local folder in its marker.</summary>
    [JsonPropertyName("folder")]
    public Guid? Folder { get; init; }

    /// <summary>The path of a row of the base, or of an answer.</summary>
    [JsonPropertyName("p")]
    public string? Path { get; init; }

    /// <summary>The state of the local side when both agreed last.</summary>
    [JsonPropertyName("l")]
    public SyncSideLine? Left { get; init; }

    /// <summary>What the service had; missing: a person has decided that it stays without the item.</summary>
    [JsonPropertyName("r")]
    public SyncSideLine? Right { get; init; }

    /// <summary>The name that the item has here, where it is another one than at the service.</summary>
    [JsonPropertyName("name")]
    public string? Name { get; init; }

    /// <summary>The path is removed from the base.</summary>
    [JsonPropertyName("gone")]
    public bool IsGone { get; init; }

    /// <summary>What an answer is about: the digest of a conflict, or without a path of a question about removals.</summary>
    [JsonPropertyName("about")]
    public string? About { get; init; }

    [JsonPropertyName("answer")]
    public SyncAnswer? Answer { get; init; }

    /// <summary>How many items were removed at one side at a time, for the brake.</summary>
    [JsonPropertyName("removed")]
    public int Removed { get; init; }

    /// <summary>The side that a step at <see cref="Path"/> has changed, so that files are noticed that go back and forth.</summary>
    [JsonPropertyName("to")]
    public SyncSide? To { get; init; }

    [JsonPropertyName("at")]
    public DateTimeOffset? At { get; init; }

    /// <summary>The position from which the changes of the service are read.</summary>
    [JsonPropertyName("cursor")]
    public string? Cursor { get; init; }

    /// <summary>The generation of the service's ledger at that position.</summary>
    [JsonPropertyName("generation")]
    public long? Generation { get; init; }

    /// <summary>A conflict that was decided.</summary>
    [JsonPropertyName("decided")]
    public SyncDecidedLine? Decided { get; init; }

    public static SyncLine Of(string path, SyncBase agreed) => new()
    {
        Path = path,
        Left = SyncSideLine.Of(agreed.Left),
        Right = agreed.Right is { } right ? SyncSideLine.Of(right) : null,
    };
}

/// <summary>A file or folder of one side in a row of the base.</summary>
internal sealed record SyncSideLine
{
    [JsonPropertyName("i")]
    public string Id { get; init; } = "";

    [JsonPropertyName("d")]
    public bool IsFolder { get; init; }

    [JsonPropertyName("n")]
    public string? Identity { get; init; }

    [JsonPropertyName("v")]
    public string? Version { get; init; }

    [JsonPropertyName("s")]
    public long? Size { get; init; }

    [JsonPropertyName("t")]
    public DateTimeOffset? Modified { get; init; }

    [JsonPropertyName("h")]
    public string? Sha256 { get; init; }

    public static SyncSideLine Of(SyncEntry entry) => new()
    {
        Id = entry.Id,
        IsFolder = entry.IsFolder,
        Identity = entry.Identity,
        Version = entry.Version,
        Size = entry.Size,
        Modified = entry.Modified,
        Sha256 = entry.Digests.GetValueOrDefault(SyncEntry.ReadDigest),
    };

    public SyncEntry ToEntry()
    {
        var entry = new SyncEntry(Id, IsFolder) { Identity = Identity, Version = Version, Size = Size, Modified = Modified };
        return Sha256 is { } digest
            ? entry with { Digests = new Dictionary<string, string> { [SyncEntry.ReadDigest] = digest } }
            : entry;
    }
}

/// <summary>A decided conflict, with what is needed to undo the decision.</summary>
internal sealed record SyncDecidedLine
{
    public required string Id { get; init; }

    public required string Path { get; init; }

    public SyncAnswer Answer { get; init; }

    public bool ByRule { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>The path below the folder at which the file of the local side is kept.</summary>
    public string? Kept { get; init; }

    /// <summary>The entry of the service whose content was replaced, and the number of the version that was.</summary>
    public string? Entry { get; init; }

    public int? Number { get; init; }

    public bool IsTakenBack { get; init; }

    [JsonIgnore]
    public bool CanTakeBack => !IsTakenBack && (Kept is not null || Number is not null);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(SyncLine))]
internal sealed partial class SyncLineJson : JsonSerializerContext;
