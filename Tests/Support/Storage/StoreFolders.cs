using System.Collections.Concurrent;

namespace ChunkUpload.Tests.Support.Storage;

/// <summary>The tests that use store folders; when the last of them has ended the folders are removed.</summary>
[CollectionDefinition(Name)]
public sealed class StoreCollection : ICollectionFixture<StoreFolders>
{
    public const string Name = "store folders";
}

/// <summary>
/// A stock of store folders, handed out empty. Making and removing 768 shards takes half a second on some file systems, and would
/// be most of what the store's tests do.
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
