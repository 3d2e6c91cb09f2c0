namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>A step of a copy, recorded before the next one, so that the copy resumes after a kill at any point.</summary>
public abstract record CopyStep
{
    // All steps are in this file: ledgers record each of them.
    private protected CopyStep()
    {
    }
}

/// <summary>The version of the source that is read.</summary>
/// <param name="Name">The current name at the source; <c>null</c> if it is unchanged.</param>
public sealed record CopyPinned(string? Pin, long Size, string? Name) : CopyStep;

/// <summary>The target of the file at the destination.</summary>
/// <param name="Id">The id that was created in advance; <c>null</c> if the storage creates it, or if the previous one cannot be used
/// again.</param>
/// <param name="Replaces">The file that gets a new version; <c>null</c> for a new file.</param>
public sealed record CopyTargeted(string Name, string? Id, string? Replaces) : CopyStep;

/// <summary>An upload at the destination has begun.</summary>
public sealed record CopyBegun(SinkSession Session) : CopyStep;

/// <summary>The destination has accepted bytes.</summary>
/// <param name="Hashes">The states of the digests of exactly these bytes.</param>
public sealed record CopyAccepted(long Position, byte[] Hashes) : CopyStep;

/// <summary>The upload at the destination was abandoned, and the copy restarts at byte 0.</summary>
/// <param name="Counted">Whether it counts as a restart; it does not if the copy has failed.</param>
public sealed record CopyRestarted(bool Counted) : CopyStep;
