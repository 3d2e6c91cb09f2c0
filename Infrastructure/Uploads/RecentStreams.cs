using System.Collections.Concurrent;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// A cache of streams as they were after their creation or last checkpoint. A request that continues shortly afterwards need not query the
/// ledger first. The cache decides nothing: the next checkpoint names epoch and offset, and is refused if the ledger has others (E14).
/// </summary>
internal sealed class RecentStreams(TimeProvider time)
{
    public const int Most = 1024;

    /// <summary>How many streams are added between two checks of the size.</summary>
    public const int BetweenCounts = 64;

    /// <summary>
    /// Longer than the pause between two requests of an upload, and too short to make an answer about the upload's expiry wrong.
    /// </summary>
    public static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<UploadId, (StreamInspection Seen, long At)> _streams = new();

    // Counts, for each hash of an upload id, how often such an upload was forgotten.
    private readonly int[] _forgotten = new int[256];

    private int _kept;

    internal int Count => _streams.Count;

    /// <summary>Called before the statement whose answer is passed to <see cref="Keep"/>.</summary>
    public int Mark(UploadId id) => Volatile.Read(ref Counter(id));

    /// <param name="mark">The answer is kept only if the upload was not forgotten since this mark.</param>
    public void Keep(UploadId id, StreamInspection seen, int mark)
    {
        // Check the size only now and then: Count locks the whole dictionary.
        if (Interlocked.Increment(ref _kept) % BetweenCounts == 0 && _streams.Count >= Most)
            _streams.Clear();
        _streams[id] = (seen with { IsCached = true }, time.GetTimestamp());
        // The upload may have been forgotten between the statement and this line.
        if (Mark(id) != mark)
            _streams.TryRemove(id, out _);
    }

    public void Forget(UploadId id)
    {
        Interlocked.Increment(ref Counter(id));
        _streams.TryRemove(id, out _);
    }

    /// <summary>Returns the cached state only once: a caller that asks again gets the ledger's state.</summary>
    public StreamInspection? Take(Caller caller, UploadId id) =>
        _streams.TryRemove(id, out var kept) && time.GetElapsedTime(kept.At) < Age && caller.Owns(kept.Seen.Upload!)
            ? kept.Seen
            : null;

    private ref int Counter(UploadId id) => ref _forgotten[(byte)id.GetHashCode()];
}
