namespace ChunkUpload.Client;

/// <summary>A folder, a file or a symbolic link in the service's tree.</summary>
/// <param name="Id">The id, which stays the same when the entry is renamed, moved or replaced.</param>
/// <param name="Kind">folder, file or link.</param>
/// <param name="Name">Its name.</param>
/// <param name="Path">The names from the root, with slashes between them.</param>
/// <param name="Size">The bytes of a file.</param>
/// <param name="Sha256">A file's digest, once it is computed.</param>
/// <param name="ModifiedAt">When it was modified.</param>
/// <param name="Mode">POSIX permission bits, octal, if they are known.</param>
/// <param name="LinkTarget">The target of a symbolic link.</param>
/// <param name="FileId">The id of a file's content.</param>
public sealed record RemoteEntry(
    string Id, string Kind, string Name, string Path, long? Size, string? Sha256, DateTime? ModifiedAt, string? Mode, string? LinkTarget,
    string? FileId)
{
    internal static RemoteEntry Of(Http.EntryAnswer entry) => new(
        entry.Id, entry.Kind, entry.Name, entry.Path, entry.Size, entry.Sha256, UnixTime.Parse(entry.ModifiedAt), entry.Mode,
        entry.LinkTarget, entry.FileId);
}
