using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// One flush for all who wait for the same folder. Who comes before the flush has begun joins it; who comes later gets the next one,
/// because his rename may have missed this one.
/// </summary>
internal sealed class DirectoryFlushes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(StoredFileKind, int), Task> _waiting = [];

    public Task Share((StoredFileKind, int) folder, IoThreads threads, Action flush)
    {
        lock (_gate)
        {
            if (_waiting.TryGetValue(folder, out var waiting))
                return waiting;
            // Without a token: one who has lost interest must not take the flush from the others.
            var task = threads.RunAsync(
                () =>
                {
                    lock (_gate)
                        _waiting.Remove(folder);
                    flush();
                },
                CancellationToken.None,
                goOn: true);
            _waiting.Add(folder, task);
            return task;
        }
    }
}
