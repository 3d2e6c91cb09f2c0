using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// One flush for all who wait for the same folder. Who comes before the flush has begun joins it; who comes later gets the next one,
/// because his rename may have missed this one.
/// </summary>
internal sealed class DirectoryFlushes
{
    // Several: two threads seldom want the same, and who finds one taken turns round and round for it.
    private readonly Dictionary<(StoredFileKind, int), Task>[] _stripes =
        [.. Enumerable.Range(0, 16).Select(_ => new Dictionary<(StoredFileKind, int), Task>())];

    public Task Share((StoredFileKind Kind, int Shard) folder, IoThreads threads, Action flush)
    {
        var waiting = _stripes[folder.Shard % _stripes.Length];
        lock (waiting)
        {
            if (waiting.TryGetValue(folder, out var other))
                return other;
            // Without a token: one who has lost interest must not take the flush from the others.
            var task = threads.RunAsync(
                () =>
                {
                    lock (waiting)
                        _ = waiting.Remove(folder);
                    flush();
                },
                CancellationToken.None,
                goOn: true);
            waiting.Add(folder, task);
            return task;
        }
    }
}
