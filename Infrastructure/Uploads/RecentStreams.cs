using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// How streams stood after their creation or last checkpoint, for the request that goes on a moment later: it need not ask. Nothing is believed for it:
/// the next checkpoint names epoch and offset, and is refused where the ledger has others (E14).
/// </summary>
internal sealed class RecentStreams(TimeProvider time)
{
    public const int Most = 1024;

    /// <summary>Longer than from one request of an upload to its next; shorter than what would make an answer about its end wrong.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<UploadId, (StreamInspection Seen, long At)> _streams = new();

    public void Keep(UploadId id, StreamInspection seen)
    {
        if (_streams.Count >= Most)
            _streams.Clear();
        _streams[id] = (seen with { Recent = true }, time.GetTimestamp());
    }

    public void Forget(UploadId id) => _streams.TryRemove(id, out _);

    /// <summary>Once: who is not content with it asks again, and gets what the ledger has.</summary>
    public StreamInspection? Take(Caller caller, UploadId id) =>
        _streams.TryRemove(id, out var kept) && time.GetElapsedTime(kept.At) < Age && kept.Seen.Upload!.Tenant == caller.Tenant ? kept.Seen : null;
}
