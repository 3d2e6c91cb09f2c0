using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Inspects a data directory's <c>files</c> before the store is opened.</summary>
internal static class DiskContents
{
    /// <summary>Whether at least one stored file is there.</summary>
    public static bool Any(string directory) =>
        DiskLayout.Kinds.Any(kind =>
        {
            var folder = FolderOf(directory, kind);
            return Directory.Exists(folder) && Directory.EnumerateDirectories(folder).SelectMany(Directory.EnumerateFiles)
                .Any(path => DiskLayout.TryParse(Guid.Empty, kind, Path.GetFileName(path.AsSpan()), out _));
        });

    /// <summary>Whether a store was opened here before. If its folders are gone, so are the files in them.</summary>
    public static bool IsLaidOut(string directory) => DiskLayout.Kinds.Any(kind => Directory.Exists(FolderOf(directory, kind)));

    /// <summary>Creates the folders by which the directory counts as laid out. The store creates the rest when it opens.</summary>
    public static void LayOut(string directory)
    {
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var files = Path.Combine(directory, DiskLayout.Files);
        foreach (var folder in DiskLayout.Kinds.Select(kind => FolderOf(directory, kind)).Prepend(files))
            Directory.CreateDirectory(folder, own);
        Paths.FlushDirectory(files);
        Paths.FlushDirectory(directory);
    }

    private static string FolderOf(string directory, Core.Storage.StoredFileKind kind) =>
        Path.Combine(directory, DiskLayout.Files, DiskLayout.Folder(kind));
}
