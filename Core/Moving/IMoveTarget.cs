using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Moving;

/// <summary>A store into which <see cref="ContentMover"/> moves the content of finished uploads.</summary>
public interface IMoveTarget
{
    /// <summary>The id of the store.</summary>
    Guid Store { get; }

    /// <summary>Returns whether the store accepts writes and this number of bytes fits.</summary>
    bool HasRoomFor(long bytes);

    /// <summary>Stores the bytes as a new, durable file. If the content or the store fails, no file is left.</summary>
    /// <param name="content">The content in blocks. Each block is valid until the next one is requested. It throws at its end if the
    /// bytes are not those that were received.</param>
    Task<StoredFile> PutAsync(long length, IAsyncEnumerable<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken);

    /// <summary>Removes a file that the ledger refused to record, unless the ledger names it after all (E10).</summary>
    Task GiveUpAsync(StoredFile file);
}
