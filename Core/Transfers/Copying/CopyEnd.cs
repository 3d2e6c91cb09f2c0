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

/// <summary>How an attempt to copy a file has ended that did not fail.</summary>
public sealed record CopyEnd(CopyOutcome Outcome)
{
    /// <summary>Why it was skipped or postponed, or why the digests were not compared.</summary>
    public string? Reason { get; init; }

    /// <summary>What its owner should know about the copy.</summary>
    public string? Note { get; init; }
    public Sha256Digest? Sha256 { get; init; }

    /// <summary>The file at the destination.</summary>
    public SinkEntry? Made { get; init; }

    /// <summary>The time that the destination has for the file, where it is not the one of the source.</summary>
    public DateTimeOffset? OtherTime { get; init; }

    /// <summary>The digest by which both ends agree.</summary>
    public DigestKind? VerifiedBy { get; init; }

    /// <summary>How many bytes the destination has accepted, where that was not recorded on the way.</summary>
    public long? Position { get; init; }
    public TimeSpan Pause { get; init; }

    public static CopyEnd Skipped(string reason) => new(CopyOutcome.Skipped) { Reason = reason };
}

/// <summary>How a file is copied.</summary>
/// <param name="Folder">The id of the folder at the destination.</param>
/// <param name="PieceSize">How many bytes are read and sent at once.</param>
/// <param name="Back">Reads the destination for <see cref="VerifyBy.ReadBack"/>; <c>null</c> if it can only be written to.</param>
public sealed record CopyRules(string Folder, long PieceSize, VerifyBy Verify, ISource? Back)
{
    /// <summary>Gets a value that indicates whether both ends are one account, whose storage may copy the file by itself.</summary>
    public bool IsInside { get; init; }

    /// <summary>What must be under the name until the file takes its place; <c>null</c> if that does not matter.</summary>
    public SinkCondition? Condition { get; init; }
}
