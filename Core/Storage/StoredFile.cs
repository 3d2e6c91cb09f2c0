namespace ChunkUpload.Core.Storage;

public enum StoredFileKind
{
    /// <summary>One chunk of a session, or the kept prefix of one.</summary>
    Chunk = 1,

    /// <summary>Consecutive bytes of a stream, or bytes of a finished upload that were moved into another store.</summary>
    Segment = 2,

    /// <summary>The file into which a session's chunks are merged, each at its own offset.</summary>
    Assembly = 3,
}

/// <summary>
/// A stored file's identity. It contains nothing that a client sent: the store that holds the file, the kind, the incarnation that created
/// the file, and 128 random bits (E1). The ledger keeps these four; the store makes a path of the last three.
/// </summary>
public readonly record struct StoredFile(Guid Store, StoredFileKind Kind, long Incarnation, Guid Unique)
{
    /// <summary>A fresh name that was never used before.</summary>
    public static StoredFile New(Guid store, StoredFileKind kind, long incarnation) => new(store, kind, incarnation, FreshGuid.Next());
}
