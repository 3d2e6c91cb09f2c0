namespace ChunkUpload.Core.Storage;

/// <summary>
/// The stores that hold the ledger's files, as this process sees them. Files that the ledger names may lie in the store of another service.
/// Such a file is never lost, short or damaged here: only the service of its store can tell.
/// </summary>
public interface IStores
{
    /// <summary>
    /// The store of this process: it creates all new files there, and checks, merges and unlinks files of this store only.
    /// </summary>
    IChunkStore Own { get; }

    /// <summary>
    /// The store that holds the file. A store that cannot be reached from here fails every call with <see cref="StoreError.Unreachable"/>.
    /// </summary>
    IChunkStore Of(StoredFile file);

    /// <summary>Whether the bytes of the file can be read here.</summary>
    bool CanReach(StoredFile file);
}
