namespace ChunkUpload.Core.Model;

/// <summary>How to resolve a name that is taken.</summary>
public enum NameConflict
{
    Fail = 1,

    /// <summary>The new entry is called "report (2).pdf".</summary>
    Rename,

    /// <summary>The file gets a new version; the content before it goes to the trash.</summary>
    Replace,
}

/// <summary>
/// Where something is to be put: the deepest folder that is there, and the names below it, the new entry's own name last.
/// </summary>
public sealed record Place(EntryId Space, EntryId Parent, IReadOnlyList<string> Names)
{
    /// <summary>The name of the new entry.</summary>
    public string Name => Names[^1];

    /// <summary>What a WebDAV request has named, for the change of this place; null for changes that come another way.</summary>
    public ChangeGuard? Guard { get; init; }
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
