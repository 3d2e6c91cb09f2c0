using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Files;

public enum EntryKind
{
    Folder = 1,
    File,

    /// <summary>A symbolic link. The service stores its target and never follows it.</summary>
    Link,
}

/// <summary>How to resolve a name that is taken.</summary>
public enum NameConflict
{
    Fail = 1,

    /// <summary>The new entry is called "report (2).pdf".</summary>
    Rename,

    /// <summary>The file gets a new version; the content before it goes to the trash.</summary>
    Replace,
}

/// <summary>A root of its own, in which names are unique. Its id is also the id of its root folder.</summary>
/// <param name="Kind">shared: the tenant's; own: a user's; team: one with members.</param>
/// <param name="Sequence">The number of the space's last change.</param>
/// <param name="Entries">How many entries it has, also in the trash.</param>
/// <param name="Bytes">The sizes of all contents, also in the trash. A content that two files share counts twice.</param>
/// <param name="CanChange">Whether the caller may change what is in it, as far as the caller's scopes allow.</param>
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

    /// <summary>The upload that brought a file's current content.</summary>
    public UploadId? Upload { get; init; }
    public long? Size { get; init; }

    /// <summary>Null while the digest of the content is not computed.</summary>
    public Sha256Digest? Sha256 { get; init; }
    public required NanoTime Modified { get; init; }

    /// <summary>POSIX permission bits; null if the client did not send them.</summary>
    public int? Mode { get; init; }
    public string? LinkTarget { get; init; }

    /// <summary>The subject that made the entry.</summary>
    public required string Owner { get; init; }

    /// <summary>Rises with every change of the entry itself.</summary>
    public required long Revision { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RemovedAt { get; init; }
    public string? RemovedBy { get; init; }

    /// <summary>
    /// Another name in the folder differs only in case or Unicode form, so a file system that folds them cannot hold both. Known in a list
    /// of the folder only.
    /// </summary>
    public bool HasTwin { get; init; }

    public bool IsRoot => Parent is null;

}

/// <summary>An entry and the names that lead to it from the root of its space.</summary>
public sealed record PlacedEntry(IReadOnlyList<string> Path, Entry Entry);

/// <summary>
/// Where something is to be put: the deepest folder that is there, and the names below it, the new entry's own name last.
/// </summary>
public sealed record Place(EntryId Space, EntryId Parent, IReadOnlyList<string> Names)
{
    /// <summary>The name of the new entry.</summary>
    public string Name => Names[^1];
}

/// <summary>
/// Where an upload is published when it is complete, bound at its creation: if the folder is moved meanwhile, the file follows it.
/// </summary>
public sealed record FileTarget(Place Place, NameConflict Conflict)
{
    /// <summary>Only this revision of an entry may be replaced.</summary>
    public long? Revision { get; init; }

    /// <summary>Only this entry may be replaced, not another one that has its name by then.</summary>
    public EntryId? Into { get; init; }
    public NanoTime? Modified { get; init; }
    public int? Mode { get; init; }

    /// <summary>The entry of which it is a copy, for the audit.</summary>
    public EntryId? CopyOf { get; init; }

    /// <summary>The request that publishes known content: its Idempotency-Key and the digest of its body.</summary>
    public KeyedRequest? Request { get; init; }
}

/// <summary>A request with an Idempotency-Key: a repetition gets the first answer again.</summary>
public sealed record KeyedRequest(string Key, Sha256Digest Hash);
