namespace ChunkUpload.Core.Storage;

/// <summary>One store of its own, and those of other nodes that are registered; every other store of the ledger is out of reach.</summary>
public sealed class Stores(IChunkStore own, OtherStores others) : IStores
{
    public IChunkStore Own => own;

    public bool HasOthers => others.Any;

    public IChunkStore Of(StoredFile file) =>
        file.Store == own.Id ? own : others.Find(file.Store) ?? UnreachableStore.Instance;

    public bool IsOwn(StoredFile file) => file.Store == own.Id;

    public bool IsKnown(Guid store) => store == own.Id || others.Find(store) is not null;
}
