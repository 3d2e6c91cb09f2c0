namespace ChunkUpload.Core.Transfers.Copying;

public enum CopyOutcome
{
    /// <summary>The file is at the destination.</summary>
    Copied = 1,

    /// <summary>There is nothing to copy.</summary>
    Skipped,

    /// <summary>The copy continues after a pause, and has not failed.</summary>
    Postponed,
}

/// <summary>The outcome of an attempt to copy a file that did not fail.</summary>
public sealed record CopyEnd(CopyOutcome Outcome)
{
    /// <summary>Why it was skipped or postponed, or why the digests were not compared.</summary>
    public string? Reason { get; init; }

    /// <summary>A note about the copy for the owner.</summary>
    public string? Note { get; init; }
    public Sha256Digest? Sha256 { get; init; }

    /// <summary>The file at the destination.</summary>
    public SinkEntry? Made { get; init; }

    /// <summary>The file's time at the destination, if it differs from that of the source.</summary>
    public DateTimeOffset? OtherTime { get; init; }

    /// <summary>The digest by which both ends agree.</summary>
    public DigestKind? VerifiedBy { get; init; }

    /// <summary>The number of bytes that the destination has accepted, if it was not recorded before.</summary>
    public long? Position { get; init; }
    public TimeSpan Pause { get; init; }

    public static CopyEnd Skipped(string reason) => new(CopyOutcome.Skipped) { Reason = reason };
}

/// <summary>How a file is copied.</summary>
/// <param name="Folder">The id of the folder at the destination.</param>
/// <param name="PieceSize">The number of bytes in one piece.</param>
/// <param name="Back">Reads the destination for <see cref="VerifyBy.ReadBack"/>; <c>null</c> if it can only be written to.</param>
public sealed record CopyRules(string Folder, long PieceSize, VerifyBy Verify, ISource? Back)
{
    /// <summary>
    /// Gets a value that indicates whether both ends are the same account, so that the storage may copy the file internally.
    /// </summary>
    public bool IsInside { get; init; }

    /// <summary>The condition on the existing file with the name; <c>null</c> for no condition.</summary>
    public SinkCondition? Condition { get; init; }
}
