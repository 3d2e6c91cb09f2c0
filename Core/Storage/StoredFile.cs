namespace ChunkUpload.Core.Storage;

public enum StoredFileKind
{
    /// <summary>One chunk of a session, or the kept prefix of one.</summary>
    Chunk = 1,

    /// <summary>Consecutive bytes of a stream.</summary>
    Segment = 2,

    /// <summary>The file into which a session's chunks are merged, each at its own offset.</summary>
    Assembly = 3,
}

/// <summary>
/// A stored file's name. It contains nothing that a client sent: the kind, the incarnation that created the file, and 128 random bits (E1).
/// The ledger keeps these three; the store turns them into a path.
/// </summary>
public readonly record struct StoredFile(StoredFileKind Kind, long Incarnation, Guid Unique)
{
    /// <summary>A fresh name that was never used before.</summary>
    public static StoredFile New(StoredFileKind kind, long incarnation) => new(kind, incarnation, FreshGuid.Next());
}
