namespace ChunkUpload.Core.Projects;

/// <summary>A file as a device reports it, with a valid path.</summary>
public sealed record ToldFile(string Path, long Size, byte[]? Hash, string MimeType, DateTimeOffset ModifiedAt, int? Mode);

/// <summary>A single change that is refused.</summary>
public sealed record RejectedChange(string Path, string Code);

/// <summary>A batch of changes to the list of a served folder, reduced to one change for each path.</summary>
/// <param name="Base">The number of the batch that this one follows.</param>
/// <param name="Batch">The id of the batch; if the last batch is repeated, it gets the same response.</param>
/// <param name="Snapshot">The id of the snapshot to which the batch belongs; <c>null</c> for changes.</param>
/// <param name="IsLast">Whether the snapshot ends; files that it does not contain are then removed.</param>
public sealed record FileChanges(
    Guid Project, Guid Folder, Guid Device, string Subject, long Base, Guid Batch, Guid? Snapshot, bool IsLast,
    IReadOnlyList<string> Deleted, IReadOnlyList<ToldFile> Told);

/// <summary>The outcome of a batch.</summary>
/// <param name="Fault"><c>null</c> if the batch was accepted.</param>
/// <param name="Sequence">The device's number; with <see cref="FileChangesFault.Resync"/> the one that the next batch must have.</param>
public sealed record FileChangesOutcome(
    FileChangesFault? Fault, long Sequence, long Accepted = 0, IReadOnlyList<RejectedChange>? Rejected = null);

public enum FileChangesFault
{
    /// <summary>The project was archived or has ended.</summary>
    Archived = 1,

    /// <summary>The folder was released, or another device has taken it over.</summary>
    NotServed,

    /// <summary>The batch does not follow the last one.</summary>
    Resync,
}

/// <summary>The outcome of serving a folder in a project.</summary>
public enum ServeOutcome
{
    Served = 1,
    Archived,

    /// <summary>The place is inside the place of another folder, or contains one.</summary>
    PlaceTaken,

    /// <summary>A folder with this id belongs to another user.</summary>
    FolderTaken,

    /// <summary>The folder is at another place already.</summary>
    FolderElsewhere,
    TooMany,
}
