namespace ChunkUpload.Core.Storage;

public enum StoreError
{
    /// <summary>The device is full, or the free-space reserve is reached.</summary>
    NoSpace = 1,

    /// <summary>A flush failed. Bytes written through that descriptor since its last flush may be lost.</summary>
    FlushFailed,

    /// <summary>The store accepts no writes until a probe passes.</summary>
    Degraded,

    /// <summary>The file does not exist.</summary>
    Missing,

    /// <summary>The file is shorter than recorded.</summary>
    Damaged,

    /// <summary>Any other failed system call.</summary>
    Io,

    /// <summary>The file is in a store that cannot be reached from here, or not now. Nothing is known about it.</summary>
    Unreachable,

    /// <summary>The process had no descriptor or memory left. Nothing is known about the file; a later call can succeed.</summary>
    Exhausted,
}

/// <summary>Lost I/O. Never the client's fault.</summary>
public sealed class StoreException(StoreError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public StoreError Error { get; } = error;
}
