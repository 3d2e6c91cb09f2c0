namespace ChunkUpload.Core.Storage;

/// <summary>One store of its own; every other store of the ledger is out of reach.</summary>
public sealed class Stores(IChunkStore own) : IStores
{
    public IChunkStore Own => own;

    public IChunkStore Of(StoredFile file) => CanReach(file) ? own : UnreachableStore.Instance;

    public bool CanReach(StoredFile file) => file.Store == own.Id;
}
