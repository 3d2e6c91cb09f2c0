namespace ChunkUpload.Core.Storage;

/// <summary>Creates temporary files in the data directory. They have no name, so a killed process leaves none behind.</summary>
public interface IScratchFiles
{
    IScratchFile Create();
}

/// <summary>A temporary file, for one caller at a time.</summary>
public interface IScratchFile : IDisposable
{
    long Length { get; }

    /// <summary>
    /// Writes bytes at the end. Fails with <see cref="StoreError.NoSpace"/> if they would take the free-space reserve of the store.
    /// </summary>
    ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Reads up to the buffer's length; returns 0 at the end.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken);
}
