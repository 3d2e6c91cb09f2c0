using System.Collections.Concurrent;

namespace ChunkUpload.Tests.Support.Storage;

/// <summary>
/// A pool of empty store folders. Creating and deleting 768 shards takes half a second on some file systems, which would be most of the
/// store tests' time.
/// </summary>
internal static class StoreFolders
{
    private static readonly ConcurrentBag<string> Stock = [];

    public static string Borrow()
    {
        if (!Stock.TryTake(out var folder))
            return RunFolder.CreateFolder();
        RunFolder.MakePassable(folder);
        return folder;
    }

    public static void GiveBack(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            File.Delete(file);
        Stock.Add(folder);
    }
}
