namespace ChunkUpload.Core.Storage;

public enum StoredFileKind
{
    /// <summary>One chunk of a session, or the kept prefix of one.</summary>
    Chunk = 1,

    /// <summary>Consecutive bytes of a stream.</summary>
    Segment = 2,

    /// <summary>Where the chunks of a session are merged, each to its own place.</summary>
    Assembly = 3,
}

/// <summary>
/// A stored file's name, made of nothing that a client sent: what it is, which incarnation of the service made it, and 128 random bits (E1).
/// The ledger keeps these three; the store turns them into a path.
/// </summary>
public readonly record struct StoredFile(StoredFileKind Kind, long Incarnation, Guid Unique)
{
    /// <summary>A fresh name, never used before.</summary>
    public static StoredFile New(StoredFileKind kind, long incarnation) => new(kind, incarnation, FreshGuid.Next());
}
