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
}
