namespace ChunkUpload.Client;

/// <summary>What happens with symbolic links.</summary>
public enum LinkPolicy
{
    /// <summary>The link itself goes along, with what it leads to as a text.</summary>
    Keep,

    /// <summary>What the link leads to goes along in its place. Only for uploads.</summary>
    Follow,

    /// <summary>Links are left out.</summary>
    Skip,
}

/// <summary>How a folder is uploaded or downloaded.</summary>
public sealed record FolderOptions
{
    /// <summary>The id of the space that the folder is in; null means the default one.</summary>
    public string? Space { get; init; }

    /// <summary>
    /// Patterns in gitignore syntax. The last one that matches decides, and <c>!</c> in front includes again. Excluded entries are neither
    /// moved nor deleted.
    /// </summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>What happens with symbolic links.</summary>
    public LinkPolicy Links { get; init; } = LinkPolicy.Keep;

    /// <summary>Gets a value that indicates whether times and, if the system has them, modes are copied.</summary>
    public bool KeepAttributes { get; init; } = true;

    /// <summary>Say what would happen, and change nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// Delete at the target what the source does not have, at the service into the trash, here for good: once all else has succeeded.
    /// </summary>
    public bool DeleteExtra { get; init; }

    /// <summary>
    /// Delete extra entries even if the source is empty. Otherwise, an empty source is an error: a disk may not be mounted.
    /// </summary>
    public bool AllowEmpty { get; init; }

    /// <summary>
    /// With <see cref="DeleteExtra"/>, delete nothing at all if there are more extra entries than this; null means any number.
    /// </summary>
    public int? MaxDelete { get; init; }

    /// <summary>Compare files by their SHA-256 and not by size and time. Not for encrypted folders.</summary>
    public bool Checksum { get; init; }

    /// <summary>
    /// Keep files of the target that are newer than those of the source. A download then replaces older ones.
    /// </summary>
    public bool Update { get; init; }

    /// <summary>Leave smaller files out. What is left out is neither moved nor deleted.</summary>
    public long MinSize { get; init; }

    /// <summary>Leave files out that were modified longer ago; null means none.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>How many files go at a time; null means a number that suits most links.</summary>
    public int? AtOnce { get; init; }

    /// <summary>Uploads: leave files that changed within this time, because they are perhaps still being written.</summary>
    public TimeSpan Rest { get; init; }

    /// <summary>Paths below the folder to which the call is limited, with all that is in them; null means everything.</summary>
    public IReadOnlyCollection<string>? Only { get; init; }

    /// <summary>
    /// Uploads: encrypt all files, each under a key of its own; null means none. With <see cref="EncryptionOptions.EncryptName"/> also the
    /// names of files, folders and links, and what links lead to.
    /// </summary>
    public EncryptionOptions? Encryption { get; init; }

    /// <summary>
    /// Downloads and comparisons: what opens the files, of which each must be encrypted then. Uploads: what opens the key of an encrypted
    /// folder that is there already.
    /// </summary>
    public IReadOnlyList<IContentIdentity> Identities { get; init; } = [];

    /// <summary>Downloads: replace local files that have another content. An upload always does: the trash keeps what was there.</summary>
    public bool Overwrite { get; init; }
}

/// <summary>The result of one file, link or folder.</summary>
public enum FolderItemState
{
    /// <summary>It was sent or fetched.</summary>
    Moved,

    /// <summary>It existed already.</summary>
    Unchanged,

    /// <summary>The source did not have it, so it was deleted.</summary>
    Deleted,

    /// <summary>It is of no kind that can be moved, or a link that is to be left out.</summary>
    Skipped,

    /// <summary>It could not be transferred; the others continue.</summary>
    Failed,

    /// <summary>It changed a moment ago, and is left for a later call.</summary>
    Left,
}

/// <summary>One file, link or folder that is done.</summary>
/// <param name="Path">The path below the folder, with slashes.</param>
/// <param name="State">What was done with the entry.</param>
/// <param name="Size">The bytes of a file.</param>
/// <param name="Failure">The class of a failure.</param>
/// <param name="Message">The reason why the entry failed or was skipped.</param>
public sealed record FolderItem(
    string Path, FolderItemState State, long Size = 0, TransferFailure? Failure = null, string? Message = null);

/// <summary>How far a folder is.</summary>
public sealed record FolderProgress
{
    /// <summary>
    /// Gets a value that indicates whether all of the source is known; until then the numbers of files and bytes still grow.
    /// </summary>
    public required bool IsScanned { get; init; }

    /// <summary>Files, links and folders that were found.</summary>
    public required long Found { get; init; }

    /// <summary>Bytes of the files that were found.</summary>
    public required long FoundBytes { get; init; }

    /// <summary>The number of finished entries, with any result.</summary>
    public required long Done { get; init; }

    /// <summary>The number of bytes that are safe on the other side, including earlier ones.</summary>
    public required long SafeBytes { get; init; }

    /// <summary>Bytes a second since the beginning, without bytes of earlier runs.</summary>
    public required double AverageSpeed { get; init; }

    /// <summary>The large files under way.</summary>
    public required IReadOnlyList<TransferProgress> Running { get; init; }

    /// <summary>While it waits after a failure: why.</summary>
    public string? Trouble { get; init; }

    /// <summary>The entry that was just finished; null if only the numbers have changed.</summary>
    public FolderItem? Item { get; init; }
}

/// <summary>A folder that went as far as it could.</summary>
/// <param name="Moved">The number of files, links and folders that were sent or fetched.</param>
/// <param name="MovedBytes">The bytes that were sent or fetched.</param>
/// <param name="Unchanged">The number of entries that existed already.</param>
/// <param name="Deleted">The number of entries that were deleted because the source does not have them.</param>
/// <param name="Skipped">The number of entries that cannot be moved, or that the options exclude.</param>
/// <param name="Failures">The failures, up to a thousand of them.</param>
/// <param name="Failed">The number of failed entries.</param>
/// <param name="Elapsed">The duration.</param>
public sealed record FolderResult(
    long Moved, long MovedBytes, long Unchanged, long Deleted, long Skipped, IReadOnlyList<FolderItem> Failures, long Failed,
    TimeSpan Elapsed)
{
    /// <summary>Uploads: what the service has no place for, a phrase for each kind, such as "2 hard links (…)".</summary>
    public IReadOnlyList<string> NotKept { get; init; } = [];
}
