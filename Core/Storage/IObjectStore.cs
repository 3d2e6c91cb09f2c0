namespace ChunkUpload.Core.Storage;

/// <summary>
/// A store of whole files that every node reaches, such as a bucket. A file in it is written once and never changes. Every node may delete
/// its files: deleting one twice is harmless. Whatever is not certain is <see cref="StoreError.Unreachable"/>.
/// </summary>
public interface IObjectStore : IReadableStore
{
    /// <summary>
    /// Stores a whole file. Returns when the store has confirmed that it has all bytes as they were sent. After a failure, the file may
    /// exist or appear later: it gets no row in the ledger, and its name is never used again.
    /// </summary>
    /// <param name="content">The content in blocks. Each block is valid until the next one is requested. If the content throws at its end,
    /// or has another length, nothing is stored.</param>
    Task PutAsync(StoredFile file, long length, IAsyncEnumerable<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken);

    /// <summary>Stores a whole file whose bytes are in memory, as the other overload does.</summary>
    Task PutAsync(StoredFile file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Begins a file that is stored in parts.</summary>
    Task<IObjectParts> BeginAsync(StoredFile file, CancellationToken cancellationToken);

    /// <summary>Deletes a file. A missing file counts as success.</summary>
    Task DeleteAsync(StoredFile file, CancellationToken cancellationToken);

    /// <summary>All objects in no order, with what unfinished writes have left. Names that the store did not make are skipped.</summary>
    [Query]
    IAsyncEnumerable<StoredObject> ListAsync(CancellationToken cancellationToken);

    /// <summary>Removes what <see cref="ListAsync"/> has found.</summary>
    Task DeleteAsync(StoredObject found, CancellationToken cancellationToken);

    /// <summary>The time by the clock that dates the objects.</summary>
    [Query]
    Task<DateTimeOffset> NowAsync(CancellationToken cancellationToken);
}

/// <summary>A file that is stored in parts, in order, by one user at a time. Disposing gives up what is not completed.</summary>
public interface IObjectParts : IAsyncDisposable
{
    /// <summary>Stores the next part. All parts but the last one have the same length.</summary>
    Task AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Makes the file of its parts.</summary>
    Task CompleteAsync(CancellationToken cancellationToken);
}

/// <summary>An object that a store has listed.</summary>
/// <param name="Unfinished">The store's id of a write that has not ended; <c>null</c> for a whole object.</param>
public sealed record StoredObject(StoredFile File, long Length, DateTimeOffset Modified, string? Unfinished = null);
