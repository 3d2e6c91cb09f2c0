namespace ChunkUpload.Client.State;

/// <summary>A file as the journal of a folder knows it.</summary>
/// <param name="Path">The path below the folder, with slashes.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Modified">The time of the last change, in ticks of UTC.</param>
internal sealed record JournalEntry(string Path, long Size, long Modified)
{
    /// <summary>The POSIX permission bits; <c>null</c> where the system has none.</summary>
    public int? Mode { get; init; }

    /// <summary>The identity that survives a rename; <c>null</c> if the system does not report it.</summary>
    public FileIdentity? Identity { get; init; }

    /// <summary>The SHA-256 of the content; <c>null</c> until it has been computed for this version.</summary>
    public byte[]? Sha256 { get; init; }

    /// <summary>The number of the entry's last change; each change of a folder has the next one.</summary>
    public long Number { get; init; }

    /// <summary>Gets a value that indicates whether the entry was added after the last acknowledged change.</summary>
    public bool IsNew { get; init; }

    /// <summary>The path that the entry had at the last acknowledged change, if that was another one.</summary>
    public string? From { get; init; }

    /// <summary>Returns whether another scan of the file found the same version.</summary>
    public bool IsSameVersion(JournalEntry other) =>
        Size == other.Size && Modified == other.Modified && (Identity is null || other.Identity is null || Identity == other.Identity);
}

internal enum JournalChangeKind
{
    Added,
    Changed,
    Moved,
    Removed,
}

/// <summary>A difference between a folder and its known state.</summary>
/// <param name="Entry">The entry after the change; of a removal, the entry that was there.</param>
/// <param name="From">The previous path of a file that was moved; otherwise <c>null</c>.</param>
internal sealed record JournalChange(JournalChangeKind Kind, JournalEntry Entry, string? From = null);
