namespace ChunkUpload.Core.Storage;

public enum StoreError
{
    /// <summary>The device is full, or the watermark says so.</summary>
    NoSpace = 1,

    /// <summary>A flush failed: nothing written through that descriptor since its last flush may be believed.</summary>
    FlushFailed,

    /// <summary>The store accepts no writes until a probe passes.</summary>
    Degraded,

    /// <summary>The file is not there.</summary>
    Missing,

    /// <summary>The file is shorter than it must be.</summary>
    Damaged,

    /// <summary>Any other failing system call.</summary>
    Io,

    /// <summary>No descriptor or memory was left to ask with: nothing is known of the file, and a later question is answered.</summary>
    Exhausted,
}

/// <summary>Lost I/O. Never the client's fault.</summary>
public sealed class StoreException(StoreError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public StoreError Error { get; } = error;
}
