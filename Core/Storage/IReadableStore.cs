namespace ChunkUpload.Core.Storage;

/// <summary>A store as far as it can be read, which is all that there is of another node's. Safe for concurrent use.</summary>
public interface IReadableStore
{
    /// <summary>The store's id, which is part of the identity of its files. A file of another store fails with
    /// <see cref="StoreError.Unreachable"/>.</summary>
    Guid Id { get; }

    /// <summary>
    /// Opens a file for reading, under either of a chunk's two names. Fails with <see cref="StoreError.Missing"/> when it is gone.
    /// </summary>
    [Query]
    IStoredFileReader OpenRead(StoredFile file);

    /// <summary>The file's length, or null when it is gone.</summary>
    [Query]
    long? Length(StoredFile file);

    /// <summary>
    /// Drops the page cache of a range, reads the range from the device, and returns its digest and the number of bytes found.
    /// </summary>
    [Query]
    Task<(Sha256Digest Digest, long Length)> HashFromDeviceAsync(
        StoredFile file, long offset, long length, CancellationToken cancellationToken);

    /// <summary>
    /// Reads a range from the device like <see cref="HashFromDeviceAsync"/> and feeds it into each running hash. For callers that read a
    /// long range in steps.
    /// </summary>
    /// <returns>The number of bytes found.</returns>
    [Query]
    Task<long> ReadFromDeviceAsync(
        StoredFile file, long offset, long length, IReadOnlyCollection<IRunningHash> into, CancellationToken cancellationToken);
}
