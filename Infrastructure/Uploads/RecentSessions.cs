using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Sessions that this process has made and the chunks that it has recorded of them, for a chunk that comes a moment later to a place where
/// none is: nobody need look for one. Nothing is believed for it: the record is refused where the ledger has other bytes or another state
/// (E8).
/// </summary>
internal sealed class RecentSessions(TimeProvider time)
{
    public const int Most = 256;

    /// <summary>So many more there may be.</summary>
    public const int BetweenCounts = 64;

    private readonly ConcurrentDictionary<UploadId, RecentSession> _sessions = new();

    private int _begun;

    internal int Count => _sessions.Count;

    /// <summary>A new session, of which nothing is received.</summary>
    public void Begin(Upload created)
    {
        // Now and then: whoever counts a dictionary holds up all who write to it.
        if (Interlocked.Increment(ref _begun) % BetweenCounts == 0 && _sessions.Count >= Most)
            MakeRoom();
        _sessions[created.Id] = new RecentSession(created, time.GetTimestamp());
    }

    public void Forget(UploadId id) => _sessions.TryRemove(id, out _);

    /// <summary>A request broke: the next one asks the ledger how often in a row, until something is recorded again.</summary>
    public void Fail(UploadId id) => Of(id)?.Fail();

    /// <summary>Asked before a chunk is recorded: what is added to one that was forgotten meanwhile is found by nobody.</summary>
    public RecentSession? Of(UploadId id) => _sessions.GetValueOrDefault(id);

    /// <param name="after">The upload after this record.</param>
    public void Add(RecentSession session, ByteRange range, Upload after)
    {
        if (!session.TryAdd(range, after, time.GetTimestamp()))
            Forget(after.Id);
    }

    /// <summary>Null where there are bytes inside the range, or may be: then the ledger is to be asked.</summary>
    public ChunkInspection? Find(Caller caller, UploadId id, ByteRange range) =>
        Of(id) is { } session && session.Free(range) is { } upload && time.GetElapsedTime(session.At) < RecentStreams.Age
            && upload.Tenant == caller.Tenant
            ? new ChunkInspection(upload, null, false, null) { Recent = true }
            : null;

    private void MakeRoom()
    {
        foreach (var (id, session) in _sessions)
        {
            if (time.GetElapsedTime(session.At) >= RecentStreams.Age)
                Forget(id);
        }

        if (_sessions.Count >= Most)
            _sessions.Clear();
    }
}
