namespace ChunkUpload.Core.Tree;

/// <summary>A content of a file, the current one or an earlier one.</summary>
/// <param name="Number">The number of the content in its file, from 1.</param>
/// <param name="Subject">The subject that set it as the content.</param>
/// <param name="CreatedAt">When it became the content.</param>
public sealed record FileVersion(
    int Number, UploadId Upload, long Size, Sha256Digest? Sha256, NanoTime Modified, string Subject, DateTimeOffset CreatedAt)
{
    /// <summary>A label. A labelled content is kept as long as its file.</summary>
    public string? Label { get; init; }

    /// <summary>When it was replaced; null for the current content.</summary>
    public DateTimeOffset? ReplacedAt { get; init; }

    /// <summary>It was replaced by an upload that had started before it became the content.</summary>
    public bool LostConflict { get; init; }

    /// <summary>
    /// The service time after which it may be freed; null if it is kept until a newer content, another policy or the removal of the file
    /// ends it.
    /// </summary>
    public TimeSpan? LeavesIn { get; init; }

    /// <summary>The program that sent it, from its User-Agent.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The protocol by which it was sent.</summary>
    public required UploadProtocol Protocol { get; init; }
}

/// <summary>The rule that decides about the earlier contents of a file.</summary>
/// <param name="Policy">The policy; null if the trash keeps them for Files:KeepDeleted.</param>
/// <param name="Folder">The folder whose policy it is; null for the service's own.</param>
public sealed record FileVersionRule(VersionPolicy? Policy, EntryId? Folder);
