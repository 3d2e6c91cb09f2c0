using System.Collections.Concurrent;
using ChunkUpload.Infrastructure.Storage.Disk;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// A folder for one service or store, empty but perhaps for the shards of an earlier one. Creating and deleting 768 shards takes half a
/// second on some file systems, which would be most of the tests' time.
/// </summary>
internal static class ServiceFolder
{
    private static readonly ConcurrentBag<string> Stock = [];
    private static readonly ConcurrentDictionary<string, bool> Lent = new();

    public static string Create()
    {
        if (Stock.TryTake(out var folder))
            RunFolder.MakePassable(folder);
        else
            folder = RunFolder.CreateFolder();
        Lent[folder] = true;
        return folder;
    }

    /// <summary>Empties the folder for the next one, or deletes it where a test has changed more than files.</summary>
    public static void Remove(string folder)
    {
        // If it is removed twice, another test may use it already.
        if (!Lent.TryRemove(folder, out _) || !Directory.Exists(folder))
            return;
        var shards = Path.Combine(folder, DiskLayout.Files);
        if (FilesInShards(shards) is not { } files)
        {
            Directory.Delete(folder, recursive: true);
            return;
        }

        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => entry.FullName != shards))
        {
            if (entry is DirectoryInfo { LinkTarget: null } inner)
                inner.Delete(recursive: true);
            else
                entry.Delete();
        }

        foreach (var file in files)
            file.Delete();
        Stock.Add(folder);
    }

    /// <summary>Returns the files in the shards, or null if there is a folder or a link that no service makes.</summary>
    private static List<FileSystemInfo>? FilesInShards(string folder)
    {
        var kinds = DiskLayout.Kinds.Select(DiskLayout.Folder).ToHashSet();
        if (new DirectoryInfo(folder) is not { Exists: true, LinkTarget: null } root)
            return null;
        var files = new List<FileSystemInfo>();
        foreach (var entry in root.EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint)
                || (entry is DirectoryInfo && !kinds.Contains(entry.Name) && !IsShard(entry.Name)))
                return null;
            if (entry is FileInfo)
                files.Add(entry);
        }

        return files;
    }

    private static bool IsShard(string name) => name.Length == 2 && name.All(char.IsAsciiHexDigit);
}
