using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Files whose names this process has flushed with success. Whoever opens one again need not flush its folder once more, which would be a commit of the
/// file system's journal for each request. What an earlier incarnation has flushed is not known, and is flushed anew.
/// </summary>
internal sealed class DurableNames
{
    // Two files that meet in one place take it from each other, and pay for a flush more.
    private const int Places = 4096;

    private readonly Entry?[] _entries = new Entry?[Places];

    /// <param name="failures">Of the store by now: after a failed flush nothing from before is believed (E5).</param>
    public bool Has(StoredFile file, long failures) =>
        Volatile.Read(ref _entries[Place(file)]) is { } entry && entry.File == file && entry.Failures == failures;

    /// <summary>The folder was flushed, and the file keeps the name that it had then; nobody else gets it (E1).</summary>
    /// <param name="failures">Of the store before that flush began.</param>
    public void Add(StoredFile file, long failures) => Volatile.Write(ref _entries[Place(file)], new Entry(file, failures));

    private static uint Place(StoredFile file) => (uint)file.GetHashCode() % Places;

    private sealed class Entry(StoredFile file, long failures)
    {
        public StoredFile File { get; } = file;

        public long Failures { get; } = failures;
    }
}
