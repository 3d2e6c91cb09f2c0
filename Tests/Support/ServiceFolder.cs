using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support.Storage;

namespace ChunkUpload.Tests.Support;

/// <summary>An empty folder for one service, perhaps with the empty shards of an earlier one.</summary>
internal static class ServiceFolder
{
    public static string Create() => StoreFolders.Borrow();

    public static void Remove(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        var shards = Path.Combine(folder, DiskLayout.Files);
        if (!HasOnlyShards(shards))
        {
            Directory.Delete(folder, recursive: true);
            return;
        }

        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (entry.FullName == shards)
                continue;
            if (entry is DirectoryInfo { LinkTarget: null } inner)
                inner.Delete(recursive: true);
            else
                entry.Delete();
        }

        StoreFolders.GiveBack(folder);
    }

    /// <summary>A folder in which a test has changed more than files is not used again.</summary>
    private static bool HasOnlyShards(string folder)
    {
        var kinds = DiskLayout.Kinds.Select(DiskLayout.Folder).ToHashSet();
        return new DirectoryInfo(folder) is { Exists: true, LinkTarget: null } files
            && files.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).All(entry => entry.LinkTarget is null
                && (entry is FileInfo || kinds.Contains(entry.Name) || (entry.Name.Length == 2 && entry.Name.All(char.IsAsciiHexDigit))));
    }
}
