namespace ChunkUpload.Core.Storage;

// What a store on a disk can do and another store may not. The engine asks for each with a type test and works without it.

/// <summary>A store whose files have room set aside beyond their end.</summary>
public interface IPreallocatingStore
{
    /// <summary>
    /// Gives back the preallocated room of a file to which nothing more is recorded. Best effort: bytes that are written meanwhile may be cut off.
    /// </summary>
    void Trim(StoredFile file);
}

/// <summary>A store that stops taking writes after a failed flush, and takes them again after a probe.</summary>
public interface IProbedStore
{
    /// <summary>Writes, flushes, renames and removes a probe file; on success the store takes writes again.</summary>
    Task<bool> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>A writer whose file has room set aside beyond its end.</summary>
public interface IPreallocatingWriter
{
    /// <summary>Gives back the preallocated room, and none of the bytes, when the file is not to grow for now.</summary>
    void Trim();
}

/// <summary>A reader that can bypass the page cache.</summary>
public interface IUncachedReader
{
    /// <summary>
    /// Reads bytes that are to be sent, past the page cache: to find pages there for bytes that may never be requested again costs more than
    /// to send them. Less at the end of the file. Null where the page cache has the bytes or is to have them, because they were read this way
    /// before, or where it is not possible: then they come by <see cref="IStoredFileReader.ReadAsync"/>. The caller goes on in a thread that may
    /// wait for a device, and disposes of the memory before it waits for anything else. Not beside another call on the reader.
    /// </summary>
    ValueTask<IStoredBytes?> ReadPastCacheAsync(long offset, int count);
}

/// <summary>A reader whose bytes the kernel can send without a copy in between.</summary>
public interface ISendingReader
{
    /// <summary>
    /// Sends as many bytes as the target takes without waiting, and returns how many. 0 when it takes none, when it cannot be done this way, or
    /// when there is nothing to send: reading and writing the bytes tells which.
    /// </summary>
    /// <param name="target">The operating system's handle of the target; the caller keeps it open during the call.</param>
    int SendTo(nint target, long offset, int count);
}

/// <summary>Bytes of a file in memory that is reused as soon as they are disposed of.</summary>
public interface IStoredBytes : IDisposable
{
    ReadOnlySpan<byte> Bytes { get; }
}
