using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// A cache of sessions that this process created, with the chunks that it recorded in them. A chunk that arrives shortly afterwards for a
/// free range need not query the ledger first. The cache decides nothing: recording is refused if the ledger has other bytes or another
/// state (E8).
/// </summary>
internal sealed class RecentSessions(TimeProvider time)
{
    public const int Most = 256;

    /// <summary>How many sessions are added between two checks of the size.</summary>
    public const int BetweenCounts = 64;

    private readonly ConcurrentDictionary<UploadId, RecentSession> _sessions = new();

    private int _begun;

    internal int Count => _sessions.Count;

    /// <summary>Adds a new session, of which nothing is received.</summary>
    public void Begin(Upload created)
    {
        // Check the size only now and then: Count locks the whole dictionary.
        if (Interlocked.Increment(ref _begun) % BetweenCounts == 0 && _sessions.Count >= Most)
            MakeRoom();
        _sessions[created.Id] = new RecentSession(created, time.GetTimestamp());
    }

    public void Forget(UploadId id) => _sessions.TryRemove(id, out _);

    /// <summary>
    /// Notes that a request broke. The next request reads the number of failures from the ledger, until a chunk is recorded again.
    /// </summary>
    public void Fail(UploadId id) => Of(id)?.Fail();

    /// <summary>Called before a chunk is recorded: a range added to a session that is forgotten meanwhile has no effect.</summary>
    public RecentSession? Of(UploadId id) => _sessions.GetValueOrDefault(id);

    /// <param name="after">The upload after this record.</param>
    public void Add(RecentSession session, ByteRange range, Upload after)
    {
        if (!session.TryAdd(range, after, time.GetTimestamp()))
            Forget(after.Id);
    }

    /// <summary>Returns null if the range has received bytes or may have some: then the caller reads the ledger.</summary>
    public ChunkInspection? Find(Caller caller, UploadId id, ByteRange range) =>
        Of(id) is { } session && session.UploadIfFree(range) is { } upload && time.GetElapsedTime(session.At) < RecentStreams.Age
            && caller.Owns(upload)
            ? new ChunkInspection(upload, null, false, null) { IsCached = true }
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
