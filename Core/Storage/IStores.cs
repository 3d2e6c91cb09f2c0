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

    /// <summary>Gets a value that indicates whether files of other stores can be read here: the ledger serves several nodes.</summary>
    bool HasOthers { get; }

    /// <summary>
    /// The store that holds the file. The store of another node can only be read, and fails with <see cref="StoreError.Unreachable"/> when
    /// that node does not answer. A store that is not known here fails every call with the same error.
    /// </summary>
    IChunkStore Of(StoredFile file);

    /// <summary>Whether the file is in the store of this process.</summary>
    bool IsOwn(StoredFile file);

    /// <summary>Whether this is the store of this process or of another node, which may be silent.</summary>
    bool IsKnown(Guid store);
}
