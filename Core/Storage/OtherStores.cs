using System.Collections.Immutable;

namespace ChunkUpload.Core.Storage;

/// <summary>
/// The stores beside the own one: those of the ledger's other nodes, which can be read here and not changed, and the bucket that all nodes
/// share. There are none while the ledger serves one node without a bucket. Thread-safe.
/// </summary>
public sealed class OtherStores
{
    private ImmutableDictionary<Guid, IReadableStore> _stores = ImmutableDictionary<Guid, IReadableStore>.Empty;
    private volatile BucketHealth? _bucket;

    /// <summary>Gets or sets whether the bucket answers; <c>null</c> if no bucket is set.</summary>
    public BucketHealth? Bucket
    {
        get => _bucket;
        set => _bucket = value;
    }

    /// <summary>Gets a value that indicates whether any other store is registered.</summary>
    public bool Any => !_stores.IsEmpty;

    /// <summary>Gets the store that all nodes share, or <c>null</c> if there is none or it has not been reached since the start.</summary>
    public IObjectStore? Shared => _stores.Values.OfType<IObjectStore>().FirstOrDefault();

    /// <summary>Registers a store, in place of an earlier one with its id. Each of its calls may fail with
    /// <see cref="StoreError.Unreachable"/>.</summary>
    public void Add(IReadableStore store) => ImmutableInterlocked.AddOrUpdate(ref _stores, store.Id, store, (_, _) => store);

    public void Remove(Guid store) => ImmutableInterlocked.TryRemove(ref _stores, store, out _);

    /// <summary>Returns the store with this id, or <c>null</c> if none is registered.</summary>
    public IReadableStore? Find(Guid store) => _stores.GetValueOrDefault(store);
}
