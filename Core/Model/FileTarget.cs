namespace ChunkUpload.Core.Model;

/// <summary>How to resolve a name that is taken.</summary>
public enum NameConflict
{
    Fail = 1,

    /// <summary>The new entry is called "report (2).pdf".</summary>
    Rename,

    /// <summary>The file gets a new version; its previous content is moved to the trash.</summary>
    Replace,
}

/// <summary>
/// The place of a new entry: the deepest existing folder, and the names below it. The last name is that of the new entry.
/// </summary>
public sealed record Place(EntryId Space, EntryId Parent, IReadOnlyList<string> Names)
{
    /// <summary>The name of the new entry.</summary>
    public string Name => Names[^1];

    /// <summary>The locks and conditions of a WebDAV request for this place; null for changes through other protocols.</summary>
    public ChangeGuard? Guard { get; init; }
}

/// <summary>
/// The place at which an upload is published when it is complete. It is bound at creation: if the folder is moved in the meantime, the file
/// is published in the moved folder.
/// </summary>
public sealed record FileTarget(Place Place, NameConflict Conflict)
{
    /// <summary>Only this revision of an entry may be replaced.</summary>
    public long? Revision { get; init; }

    /// <summary>Only this entry may be replaced, not another one that has the same name by then.</summary>
    public EntryId? Into { get; init; }
    public NanoTime? Modified { get; init; }
    public int? Mode { get; init; }

    /// <summary>The entry of which it is a copy, for the audit log.</summary>
    public EntryId? CopyOf { get; init; }

    /// <summary>The request that publishes known content: its Idempotency-Key and the digest of its body.</summary>
    public KeyedRequest? Request { get; init; }
}

/// <summary>A request with an Idempotency-Key. A repetition gets the first response again.</summary>
public sealed record KeyedRequest(string Key, Sha256Digest Hash);
