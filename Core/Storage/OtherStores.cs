using System.Collections.Immutable;

namespace ChunkUpload.Core.Storage;

/// <summary>
/// The stores of the ledger's other nodes, which can be read here and not changed. There are none while the ledger serves one node.
/// Thread-safe.
/// </summary>
public sealed class OtherStores
{
    private ImmutableDictionary<Guid, IChunkStore> _stores = ImmutableDictionary<Guid, IChunkStore>.Empty;

    /// <summary>Gets a value that indicates whether any other store is registered.</summary>
    public bool Any => !_stores.IsEmpty;

    /// <summary>Registers a store, in place of an earlier one with its id. Each of its calls may fail with
    /// <see cref="StoreError.Unreachable"/>.</summary>
    public void Add(IChunkStore store) => ImmutableInterlocked.AddOrUpdate(ref _stores, store.Id, store, (_, _) => store);

    public void Remove(Guid store) => ImmutableInterlocked.TryRemove(ref _stores, store, out _);

    /// <summary>Returns the store with this id, or <c>null</c> if none is registered.</summary>
    public IChunkStore? Find(Guid store) => _stores.GetValueOrDefault(store);
}
