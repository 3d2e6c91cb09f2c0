namespace ChunkUpload.Core.Tree;

public enum EntryKind
{
    Folder = 1,
    File,

    /// <summary>A symbolic link. The service stores its target and never follows it.</summary>
    Link,
}

/// <summary>A tree with its own root. Its id is also the id of its root folder.</summary>
/// <param name="Kind">shared: the tenant's; own: a user's; team: one with members.</param>
/// <param name="Sequence">The number of the space's last change.</param>
/// <param name="Entries">The number of entries, including those in the trash.</param>
/// <param name="Bytes">The sizes of all contents, also in the trash. A content that two files share counts twice.</param>
/// <param name="CanChange">Whether the caller may change its contents, as far as the caller's scopes allow.</param>
public sealed record Space(
    EntryId Id, string Tenant, string Kind, string? Owner, string Name, long Sequence, long Entries, long Bytes, bool CanChange);

/// <summary>A folder, a file or a symbolic link, as the ledger has it at one moment.</summary>
public sealed record Entry
{
    /// <summary>Stays the same when the entry is renamed, moved or replaced.</summary>
    public required EntryId Id { get; init; }
    public required EntryId Space { get; init; }

    /// <summary>Null for the root of a space.</summary>
    public required EntryId? Parent { get; init; }
    public required string Name { get; init; }
    public required EntryKind Kind { get; init; }

    /// <summary>The number of a file's current content, from 1.</summary>
    public int? Version { get; init; }

    /// <summary>The upload of a file's current content.</summary>
    public UploadId? Upload { get; init; }
    public long? Size { get; init; }

    /// <summary>Null while the digest of the content is not computed.</summary>
    public Sha256Digest? Sha256 { get; init; }
    public required NanoTime Modified { get; init; }

    /// <summary>POSIX permission bits; null if the client did not send them.</summary>
    public int? Mode { get; init; }
    public string? LinkTarget { get; init; }

    /// <summary>The subject that created the entry.</summary>
    public required string Owner { get; init; }

    /// <summary>A number that increases with every change of the entry itself.</summary>
    public required long Revision { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RemovedAt { get; init; }
    public string? RemovedBy { get; init; }

    /// <summary>
    /// Another name in the folder differs only in case or Unicode form, so a file system that folds them cannot hold both. Only set in a
    /// list of the folder.
    /// </summary>
    public bool HasTwin { get; init; }

    /// <summary>The declared media type of a file; only set in a list of a folder.</summary>
    public string? MediaType { get; init; }

    public bool IsRoot => Parent is null;
}

/// <summary>An entry and the names that lead to it from the root of its space.</summary>
public sealed record PlacedEntry(IReadOnlyList<string> Path, Entry Entry);
