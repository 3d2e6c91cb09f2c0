namespace ChunkUpload.Core.Projects;

/// <summary>A file that a device serves; its bytes are on the device.</summary>
/// <param name="Path">The path in the project, beginning with a slash.</param>
/// <param name="Hash">The SHA-256; <c>null</c> until the device has computed it.</param>
public sealed record RemoteFile(
    string Path, long Size, byte[]? Hash, string MimeType, DateTimeOffset ModifiedAt, int? Mode, Guid Folder, Guid Device);

/// <summary>The orders of a list of remote files.</summary>
public enum RemoteFileSort
{
    Path,

    /// <summary>The last change, the newest first.</summary>
    Newest,

    /// <summary>The size, the largest first.</summary>
    Largest,
}

/// <summary>A page of a list of remote files.</summary>
/// <param name="Below">The folder to which the list is limited, without a slash at its end; <c>null</c> for all.</param>
/// <param name="Search">A part of the path; case does not matter.</param>
/// <param name="After">The last file of the previous page.</param>
public sealed record RemoteFileQuery(RemoteFileSort Sort, string? Below, string? Search, RemoteFilePosition? After, int Most);

/// <param name="Path">The path.</param>
/// <param name="Number">The size, or the time in ticks, by which the list is ordered.</param>
public sealed record RemoteFilePosition(string Path, long Number);

/// <summary>An event of a project.</summary>
/// <param name="Data">JSON.</param>
public sealed record ProjectEvent(long Sequence, string Type, Guid? Device, string Subject, string Data, DateTimeOffset CreatedAt);
