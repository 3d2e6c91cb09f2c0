using ChunkUpload.Core.Tree;

namespace ChunkUpload.Core.Intake.Unpacking;

/// <summary>A member of an archive that is unpacked into a folder.</summary>
/// <param name="Path">The names below the folder.</param>
public sealed record ArchiveMember(IReadOnlyList<string> Path, EntryKind Kind, NanoTime? Modified, int? Mode)
{
    /// <summary>The declared media type of a file, or null.</summary>
    public string? ContentType { get; init; }

    /// <summary>The declared digest of a file, which is compared before it is published.</summary>
    public Sha256Digest? Sha256 { get; init; }

    /// <summary>The target of a symbolic link.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>The path of an earlier member that has the same content.</summary>
    public IReadOnlyList<string>? SameAs { get; init; }
}

public enum MemberOutcome
{
    Created = 1,

    /// <summary>The file has a new version, the link a new target, or the folder another time or mode.</summary>
    Replaced,

    /// <summary>It already existed with the same content.</summary>
    Unchanged,

    /// <summary>It was created under another name, because its own was taken.</summary>
    Renamed,
    Failed,

    /// <summary>Its bytes are received, and a checker decides whether they become a file.</summary>
    Checking,
}

/// <summary>The result for one member of an archive.</summary>
public sealed record UnpackedMember(IReadOnlyList<string> Path, MemberOutcome Outcome)
{
    public EntryId? Id { get; init; }

    /// <summary>The content of a file.</summary>
    public UploadId? Upload { get; init; }

    /// <summary>The new name of the entry, if it was renamed.</summary>
    public string? Name { get; init; }

    /// <summary>The number of bytes that were stored for it.</summary>
    public long Bytes { get; init; }
    public UploadFailure? Failure { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the next members would fail for the same reason, so that sending them is useless.
    /// </summary>
    public bool EndsAll => Failure?.Error is UploadError.NoSpace or UploadError.StoreDegraded or UploadError.StorageFailed
        or UploadError.LedgerUnavailable or UploadError.Stopping;
}
