namespace ChunkUpload.Core.Storage;

/// <summary>
/// The stores that hold the ledger's files, as this process sees them: its own store, the stores of other nodes that are registered,
/// and the bucket that all nodes share. Files that the ledger names may lie in the store of another service. Such a file is never lost,
/// short or damaged here: only the service of its store can tell.
/// </summary>
public sealed class Stores(IChunkStore own, OtherStores others, SharedReception reception)
{
    private const long Huge = 1L << 60;

    /// <summary>
    /// The store of this process: it creates new files there, unless it receives into the shared store. It checks, merges and unlinks
    /// files of this store only.
    /// </summary>
    public IChunkStore Own => own;

    /// <summary>The store that all nodes share; each of them reads, writes and deletes its files. <c>null</c> if there is none.</summary>
    public IObjectStore? Shared => others.Shared;

    /// <summary>Whether and how uploads are received into the store that all nodes share.</summary>
    public SharedReception Reception => reception;

    /// <summary>Gets the state and the room of the store that new files go to. A bucket is taken for very large.</summary>
    public StoreHealth Health => reception.IsOn ? new StoreHealth(Huge, Huge, 0, reception.Trouble) : own.Health;

    /// <summary>Gets whether the bucket can be read and, if uploads are received there, written; <c>null</c> if there is none.</summary>
    public BucketHealth? Bucket => others.Bucket is { Trouble: null } bucket && reception.Trouble is { } trouble
        ? bucket with { Trouble = trouble, Since = null }
        : others.Bucket;

    /// <summary>Gets a value that indicates whether files of other stores can be read here: of other nodes, or of a bucket.</summary>
    public bool HasOthers => others.Any;

    /// <summary>
    /// The store that holds the file. The store of another node can only be read, and fails with <see cref="StoreError.Unreachable"/> when
    /// that node does not answer. A store that is not known here fails every call with the same error.
    /// </summary>
    public IReadableStore Of(StoredFile file) =>
        file.Store == own.Id ? own : others.Find(file.Store) ?? UnreachableStore.Instance;

    /// <summary>Whether the file is in the store of this process.</summary>
    public bool IsOwn(StoredFile file) => file.Store == own.Id;

    /// <summary>Whether this is the store of this process, of another node, which may be silent, or the shared one.</summary>
    public bool IsKnown(Guid store) => store == own.Id || others.Find(store) is not null;
}
