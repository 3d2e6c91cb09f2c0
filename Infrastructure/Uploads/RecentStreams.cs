using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// How streams stood after their creation or last checkpoint, for the request that goes on a moment later: it need not ask. Nothing is
/// believed for it: the next checkpoint names epoch and offset, and is refused where the ledger has others (E14).
/// </summary>
internal sealed class RecentStreams(TimeProvider time)
{
    public const int Most = 1024;

    /// <summary>So many more there may be.</summary>
    public const int BetweenCounts = 64;

    /// <summary>
    /// Longer than from one request of an upload to its next; shorter than what would make an answer about its end wrong.
    /// </summary>
    public static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<UploadId, (StreamInspection Seen, long At)> _streams = new();

    // How often something was forgotten, of all uploads with the same number.
    private readonly int[] _forgotten = new int[256];

    private int _kept;

    internal int Count => _streams.Count;

    /// <summary>Asked before the statement whose answer is to be kept.</summary>
    public int Mark(UploadId id) => Volatile.Read(ref Counter(id));

    /// <param name="mark">What is known is kept only where nothing was forgotten since.</param>
    public void Keep(UploadId id, StreamInspection seen, int mark)
    {
        // Now and then: whoever counts a dictionary holds up all who write to it.
        if (Interlocked.Increment(ref _kept) % BetweenCounts == 0 && _streams.Count >= Most)
            _streams.Clear();
        _streams[id] = (seen with { Recent = true }, time.GetTimestamp());
        // Also when that came in between.
        if (Mark(id) != mark)
            _streams.TryRemove(id, out _);
    }

    public void Forget(UploadId id)
    {
        Interlocked.Increment(ref Counter(id));
        _streams.TryRemove(id, out _);
    }

    /// <summary>Once: who is not content with it asks again, and gets what the ledger has.</summary>
    public StreamInspection? Take(Caller caller, UploadId id) =>
        _streams.TryRemove(id, out var kept) && time.GetElapsedTime(kept.At) < Age && kept.Seen.Upload!.Tenant == caller.Tenant
            ? kept.Seen
            : null;

    private ref int Counter(UploadId id) => ref _forgotten[(byte)id.GetHashCode()];
}
