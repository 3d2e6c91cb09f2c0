namespace ChunkUpload.Client;

/// <summary>A transfer that has ended, as the history remembers it.</summary>
public sealed record PastTransfer
{
    /// <summary>When it ended.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>Gets a value that indicates whether it went up.</summary>
    public required bool IsUpload { get; init; }

    /// <summary>Gets a value that indicates whether it was a whole folder.</summary>
    public bool IsFolder { get; init; }

    /// <summary>The local file or folder; null means a stream.</summary>
    public string? Local { get; init; }

    /// <summary>The path or id at the service; null means none.</summary>
    public string? Remote { get; init; }

    /// <summary>The service. The token of a link is left out.</summary>
    public required string Service { get; init; }

    /// <summary>The file's size, or the bytes that were moved of a folder.</summary>
    public long Bytes { get; init; }

    /// <summary>Folders: how many files, links and folders were moved.</summary>
    public long Moved { get; init; }

    /// <summary>How long it took, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>Requests that were repeated.</summary>
    public int Retries { get; init; }

    /// <summary>Bytes that an earlier run, or the kept part of broken chunks, saved.</summary>
    public long SavedByResuming { get; init; }

    /// <summary>The file's digest.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Why it failed; null if it is done.</summary>
    public string? Message { get; init; }

    /// <summary>The class of its failure.</summary>
    public TransferFailure? Failure { get; init; }

    /// <summary>The service's code of its failure.</summary>
    public string? Code { get; init; }

    /// <summary>Its number in the queue of the agent; null if it ran in the foreground.</summary>
    public long? QueueId { get; init; }
}
