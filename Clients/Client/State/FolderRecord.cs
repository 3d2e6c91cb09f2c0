using System.Text.Json.Serialization;

namespace ChunkUpload.Client.State;

/// <summary>The key of an encrypted folder, as it lies encrypted in the folder itself.</summary>
internal sealed record FolderKeyFile
{
    public const int CurrentVersion = 2;

    private const int FirstWithPadding = 2;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>16 bytes in base 64.</summary>
    public required string Key { get; init; }

    /// <summary>Gets a value that indicates whether it hides the names of files, folders and links.</summary>
    public bool HidesNames { get; init; }

    /// <summary>For whom the files are encrypted.</summary>
    public required IReadOnlyList<string> For { get; init; }

    /// <summary>Gets a value that indicates whether the lengths of names are hidden, too.</summary>
    [JsonIgnore]
    public bool PadsNames => Version >= FirstWithPadding;

    [JsonIgnore]
    public bool IsValid => Version is >= 1 and <= CurrentVersion && For is not null && Key is not null
        && Convert.TryFromBase64String(Key, new byte[Encryption.FolderKey.Size], out var length) && length == Encryption.FolderKey.Size;
}

/// <summary>What is remembered of an encrypted folder between two runs that send it.</summary>
internal sealed record FolderRecord
{
    /// <summary>For whom it is encrypted.</summary>
    public required IReadOnlyList<string> For { get; init; }

    /// <summary>Gets a value that indicates whether files that were there are for others, until all have been sent once.</summary>
    public bool IsPending { get; init; }

    /// <summary>Its key, if it has one.</summary>
    public FolderKeyFile? File { get; init; }

    /// <summary>The digest of the file at the service that holds this key.</summary>
    public string? Sha256 { get; init; }
}
