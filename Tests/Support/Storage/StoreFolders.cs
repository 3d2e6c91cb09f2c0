using System.Collections.Concurrent;

namespace ChunkUpload.Tests.Support.Storage;

/// <summary>The tests that use store folders. The folders are deleted when the last test has ended.</summary>
[CollectionDefinition(Name)]
public sealed class StoreCollection : ICollectionFixture<StoreFolders>
{
    public const string Name = "store folders";
}

/// <summary>
/// A pool of empty store folders. Creating and deleting 768 shards takes half a second on some file systems, which would be most of the
/// store tests' time.
/// </summary>
public sealed class StoreFolders : IDisposable
{
    private static readonly ConcurrentBag<string> Stock = [];

    public static string Borrow() => Stock.TryTake(out var folder)
        ? folder
        : Directory.CreateTempSubdirectory("chunkupload-store-").FullName;

    public static void GiveBack(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            File.Delete(file);
        Stock.Add(folder);
    }

    public void Dispose()
    {
        while (Stock.TryTake(out var folder))
            Directory.Delete(folder, recursive: true);
    }
}
