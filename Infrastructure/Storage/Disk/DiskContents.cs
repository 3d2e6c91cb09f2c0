using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>A first look into a data directory's <c>files</c>, before the store is opened.</summary>
internal static class DiskContents
{
    /// <summary>At least one stored file is there.</summary>
    public static bool AreThere(string directory) =>
        DiskLayout.Kinds.Any(kind =>
        {
            var folder = FolderOf(directory, kind);
            return Directory.Exists(folder) && Directory.EnumerateDirectories(folder).SelectMany(Directory.EnumerateFiles)
                .Any(path => DiskLayout.TryParse(kind, Path.GetFileName(path.AsSpan()), out _));
        });

    /// <summary>A store was opened here once: where its folders are gone, so is whatever lay in them.</summary>
    public static bool IsLaidOut(string directory) => DiskLayout.Kinds.Any(kind => Directory.Exists(FolderOf(directory, kind)));

    /// <summary>As the store does, which makes the rest: from then on it counts as one that was opened.</summary>
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
