namespace ChunkUpload.Client;

/// <summary>What a transfer does now.</summary>
public enum TransferPhase
{
    /// <summary>It finds out what is there already.</summary>
    Starting,

    /// <summary>Bytes move.</summary>
    Moving,

    /// <summary>It waits after a failure; <see cref="TransferProgress.Trouble"/> names it.</summary>
    Waiting,

    /// <summary>All bytes are there, and their digest is compared, or a checker looks at them.</summary>
    Verifying,

    /// <summary>It is done.</summary>
    Done,
}

/// <summary>How far a transfer is.</summary>
public sealed record TransferProgress
{
    /// <summary>The file's name.</summary>
    public required string Name { get; init; }

    /// <summary>What the transfer does.</summary>
    public required TransferPhase Phase { get; init; }

    /// <summary>The file's size, or null while it is not known.</summary>
    public required long? Size { get; init; }

    /// <summary>Bytes that are verified and safe on the other side (or, downloading, written here).</summary>
    public required long Safe { get; init; }

    /// <summary>Safe bytes, and those on their way, which a broken connection may lose.</summary>
    public required long Sent { get; init; }

    /// <summary>Chunks that were moved.</summary>
    public required int ChunksDone { get; init; }

    /// <summary>Chunks in all, as far as they are known: those done, those under way, and an estimate of the rest.</summary>
    public required int Chunks { get; init; }

    /// <summary>Bytes a second over the last five seconds.</summary>
    public required double Speed { get; init; }

    /// <summary>Bytes a second since the beginning.</summary>
    public required double AverageSpeed { get; init; }

    /// <summary>The highest speed so far.</summary>
    public required double PeakSpeed { get; init; }

    /// <summary>When the last byte comes at the current speed.</summary>
    public required TimeSpan? Remaining { get; init; }

    /// <summary>Requests that had to be repeated.</summary>
    public required int Retries { get; init; }

    /// <summary>Bytes that need not be moved again because of what an earlier run or a broken chunk left.</summary>
    public required long SavedByResuming { get; init; }

    /// <summary>While it waits: why.</summary>
    public string? Trouble { get; init; }

    /// <summary>While it waits: how long.</summary>
    public TimeSpan? RetryIn { get; init; }

    /// <summary>The address that is used.</summary>
    public required Uri Service { get; init; }
}
