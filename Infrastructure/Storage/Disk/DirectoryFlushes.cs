using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Shares one flush among all callers that wait for the same folder. A caller joins a flush that has not begun. A later caller gets the
/// next flush, because the running one may have missed its rename.
/// </summary>
internal sealed class DirectoryFlushes
{
    // Several dictionaries, so that two threads seldom spin on the same lock.
    private readonly Dictionary<(StoredFileKind, int), Task>[] _stripes =
        [.. Enumerable.Range(0, 16).Select(_ => new Dictionary<(StoredFileKind, int), Task>())];

    public Task Share((StoredFileKind Kind, int Shard) folder, IoThreads threads, Action flush)
    {
        var waiting = _stripes[folder.Shard % _stripes.Length];
        lock (waiting)
        {
            if (waiting.TryGetValue(folder, out var other))
                return other;
            // No token: a caller that cancels must not cancel the flush of the others.
            var task = threads.RunAsync(
                () =>
                {
                    lock (waiting)
                        _ = waiting.Remove(folder);
                    flush();
                },
                CancellationToken.None,
                continueInline: true);
            waiting.Add(folder, task);
            return task;
        }
    }
}
