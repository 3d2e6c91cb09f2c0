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
        if (!HasOnlyShards(shards))
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

        foreach (var file in Directory.EnumerateFiles(shards, "*", SearchOption.AllDirectories))
            File.Delete(file);
        Stock.Add(folder);
    }

    private static bool HasOnlyShards(string folder)
    {
        var kinds = DiskLayout.Kinds.Select(DiskLayout.Folder).ToHashSet();
        return new DirectoryInfo(folder) is { Exists: true, LinkTarget: null } files
            && files.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).All(entry => entry.LinkTarget is null
                && (entry is FileInfo || kinds.Contains(entry.Name) || (entry.Name.Length == 2 && entry.Name.All(char.IsAsciiHexDigit))));
    }
}
