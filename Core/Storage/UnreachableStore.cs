namespace ChunkUpload.Core.Storage;

/// <summary>A store that cannot be reached from here. Nothing is known about its files, so every call fails.</summary>
public sealed class UnreachableStore : IReadableStore
{
    public static UnreachableStore Instance { get; } = new();

    private UnreachableStore()
    {
    }

    public Guid Id => throw Failure();

    /// <summary>The failure of each call that needs a file of another store.</summary>
    public static StoreException Failure() =>
        new(StoreError.Unreachable, "The file is in another store, which cannot be reached from here.");

    /// <summary>The failure of a call on the store of another node that failed or ended early there.</summary>
    public static StoreException Failure(string reason, Exception? inner = null) =>
        new(StoreError.Unreachable, $"The file is in the store of another node, and could not be read there: {reason}", inner);

    public IStoredFileReader OpenRead(StoredFile file) => throw Failure();

    public long? Length(StoredFile file) => throw Failure();

    public Task<(Sha256Digest Digest, long Length)> HashFromDeviceAsync(
        StoredFile file, long offset, long length, CancellationToken cancellationToken) => throw Failure();

    public Task<long> ReadFromDeviceAsync(
        StoredFile file, long offset, long length, IReadOnlyCollection<IRunningHash> into, CancellationToken cancellationToken) =>
        throw Failure();
}
