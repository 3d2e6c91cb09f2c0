using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Files whose names this process has flushed successfully. The next writer of such a file need not flush its folder again, which would
/// cost a commit of the file system's journal for each request. What an earlier incarnation flushed is unknown and is flushed again.
/// </summary>
internal sealed class DurableNames
{
    // Two files with the same slot replace each other, which costs one more flush.
    private const int Slots = 4096;

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <param name="failures">The store's failures so far: after a failed flush, no earlier entry counts (E5).</param>
    public bool Has(StoredFile file, long failures) =>
        Volatile.Read(ref _entries[SlotOf(file)]) is { } entry && entry.File == file && entry.Failures == failures;

    /// <summary>Records that the folder was flushed. The file keeps its name, and no other file ever gets it (E1).</summary>
    /// <param name="failures">The store's failures before that flush began.</param>
    public void Add(StoredFile file, long failures) => Volatile.Write(ref _entries[SlotOf(file)], new Entry(file, failures));

    private static uint SlotOf(StoredFile file) => (uint)file.GetHashCode() % Slots;

    private sealed class Entry(StoredFile file, long failures)
    {
        public StoredFile File { get; } = file;

        public long Failures { get; } = failures;
    }
}
