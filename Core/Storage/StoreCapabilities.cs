namespace ChunkUpload.Core.Storage;

// Capabilities of a store on a disk that other stores may lack. The engine tests for each capability by type and works without it.

/// <summary>A store that can reserve space beyond the end of a file.</summary>
public interface IPreallocatingStore
{
    /// <summary>
    /// Cuts off what lies behind <paramref name="length"/> and returns the space reserved behind the file's end. Best effort; only a writer
    /// whose bytes can no longer be recorded may still write meanwhile, because its bytes may be cut off.
    /// </summary>
    void Trim(StoredFile file, long length = long.MaxValue);
}

/// <summary>A store that stops accepting writes after a failed flush and accepts them again after a probe.</summary>
public interface IProbedStore
{
    /// <summary>Writes, flushes, renames and removes a probe file. On success the store accepts writes again.</summary>
    Task<bool> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>A writer whose file has space reserved beyond its end.</summary>
public interface IPreallocatingWriter
{
    /// <summary>
    /// Cuts off what lies behind <paramref name="length"/> and returns the space reserved behind the file's end: it will not grow for now.
    /// </summary>
    void Trim(long length);
}

/// <summary>A reader that can bypass the page cache.</summary>
public interface IUncachedReader
{
    /// <summary>
    /// Reads bytes to be sent, past the page cache: allocating cache pages for bytes that may never be requested again costs more than
    /// sending them. Returns less at the end of the file. Returns null when the page cache has the bytes, when it should have them because
    /// they were read this way before, or when it is not possible; then the caller uses <see cref="IStoredFileReader.ReadAsync"/>. The
    /// caller continues on a thread that may wait for a device and disposes of the memory before it waits for anything else. Must not run
    /// beside another call on the reader.
    /// </summary>
    ValueTask<IStoredBytes?> ReadPastCacheAsync(long offset, int count);
}

/// <summary>
/// A reader whose bytes the kernel can send without a copy. The target is a number, because Core knows no type of sockets: Api passes its
/// socket through Core to Infrastructure, which alone calls the kernel.
/// </summary>
public interface ISendingReader
{
    /// <summary>
    /// Sends as many bytes as the target accepts without waiting, and returns how many. 0 when the target accepts none, when this is not
    /// possible, or when there is nothing to send; reading and writing the bytes shows which.
    /// </summary>
    /// <param name="target">The operating system's handle of the target. The caller keeps it open during the call.</param>
    int SendTo(nint target, long offset, int count);
}

/// <summary>Bytes of a file in pooled memory, which is reused after it is disposed of.</summary>
public interface IStoredBytes : IDisposable
{
    ReadOnlySpan<byte> Bytes { get; }
}
