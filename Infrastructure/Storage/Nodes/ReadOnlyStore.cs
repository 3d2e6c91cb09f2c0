using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Nodes;

/// <summary>
/// The store of another node, seen from here: ranges and digests of its files can be read, and nothing can be changed.
/// A read that fails or ends early says nothing about the file, because only the store's own node can tell whether the file is missing,
/// short or damaged. So such a read fails with <see cref="StoreError.Unreachable"/>.
/// </summary>
/// <param name="inner">Reads the other node's files.</param>
internal sealed class ReadOnlyStore(IReadableStore inner) : IReadableStore
{
    private const string EndsEarly = "the answer ended early.";

    public Guid Id => inner.Id;

    public IStoredFileReader OpenRead(StoredFile file) => new Reader(Read(() => inner.OpenRead(file)));

    /// <summary>Never returns <c>null</c>: only the store's own node knows that a file is gone.</summary>
    public long? Length(StoredFile file) => Read(() => inner.Length(file)) ?? throw UnreachableStore.Failure("it was not found.");

    public async Task<(Sha256Digest Digest, long Length)> HashFromDeviceAsync(
        StoredFile file, long offset, long length, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(() => inner.HashFromDeviceAsync(file, offset, length, cancellationToken));
        return found.Length < length ? throw UnreachableStore.Failure(EndsEarly) : found;
    }

    public async Task<long> ReadFromDeviceAsync(
        StoredFile file, long offset, long length, IReadOnlyCollection<IRunningHash> into, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(() => inner.ReadFromDeviceAsync(file, offset, length, into, cancellationToken));
        return found < length ? throw UnreachableStore.Failure(EndsEarly) : found;
    }

    private static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (StoreException failure) when (IsOfTheOtherNode(failure))
        {
            throw UnreachableStore.Failure(failure.Message, failure);
        }
    }

    private static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (StoreException failure) when (IsOfTheOtherNode(failure))
        {
            throw UnreachableStore.Failure(failure.Message, failure);
        }
    }

    /// <summary>A process that has no descriptor or memory left has them again soon, whatever the other node does.</summary>
    private static bool IsOfTheOtherNode(StoreException failure) => failure.Error != StoreError.Exhausted;

    /// <remarks>No capability of a disk is passed on, so the caller reads every range with <see cref="ReadAsync"/>.</remarks>
    private sealed class Reader(IStoredFileReader inner) : IStoredFileReader
    {
        public long Length => Read(() => inner.Length);

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
        {
            var read = await ReadOnlyStore.ReadAsync(() => inner.ReadAsync(buffer, offset, cancellationToken).AsTask());
            return read == 0 && !buffer.IsEmpty ? throw UnreachableStore.Failure(EndsEarly) : read;
        }

        public async Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken)
        {
            var read = await ReadOnlyStore.ReadAsync(() => inner.HashAsync(into, offset, length, cancellationToken));
            return read < length ? throw UnreachableStore.Failure(EndsEarly) : read;
        }

        public void Dispose() => inner.Dispose();
    }
}
