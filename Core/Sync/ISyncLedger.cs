using ChunkUpload.Core.Access;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Sync;

/// <summary>Pairs of places as their owners see them. A user sees only their own.</summary>
public interface ISyncLedger
{
    /// <returns>False if the owner has as many as allowed.</returns>
    Task<bool> AddAsync(SyncPair pair, int most, CancellationToken cancellationToken);

    Task<SyncPair?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>In the order in which they were made.</summary>
    Task<IReadOnlyList<SyncPair>> ListAsync(Caller caller, CancellationToken cancellationToken);

    Task<SyncStatistics> StatisticsAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Those of these pairs that the caller sees.</summary>
    Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    Task<bool> RemoveAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <param name="what">pause, resume, run, apply or leave.</param>
    /// <param name="digest">Of the question that is answered.</param>
    /// <returns>False if another question is open by now.</returns>
    Task<bool> ChangeAsync(SyncPair pair, string what, string? digest, CancellationToken cancellationToken);

    /// <summary>By path, those that could not be copied first if <paramref name="failing"/>.</summary>
    Task<IReadOnlyList<SyncItem>> ItemsAsync(
        Guid pair, bool failing, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<SyncEvent>> EventsAsync(Guid pair, long? before, int limit, CancellationToken cancellationToken);
}

/// <summary>What the work on pairs reads and records.</summary>
public interface ISyncWorkLedger
{
    /// <summary>A pair of any owner.</summary>
    Task<SyncPair?> GetAsync(Guid pair, CancellationToken cancellationToken);

    Task<SyncBases> BasesAsync(SyncPair pair, CancellationToken cancellationToken);

    /// <summary>The number of the last change of the space of a folder of this service.</summary>
    Task<long?> SequenceAsync(string folder, CancellationToken cancellationToken);

    /// <summary>The ids of what clients of WebDAV have locked in a folder of this service, or above it.</summary>
    Task<IReadOnlySet<string>> LockedAsync(string folder, CancellationToken cancellationToken);

    /// <returns>False if the lease is lost.</returns>
    Task<bool> SaveAsync(WorkItem lease, SyncPair pair, SyncRecords records, CancellationToken cancellationToken);

    /// <returns>False if the lease is lost.</returns>
    Task<bool> EndAsync(WorkItem lease, SyncPair pair, SyncLookEnd end, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Nothing of the pair has changed: records where its feeds are.</summary>
    /// <returns>False if the lease is lost.</returns>
    Task<bool> RestAsync(
        WorkItem lease, SyncPair pair, string? leftPosition, string? rightPosition, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Has pairs looked at whose folders have changed: those of this service, and those that are watched.</summary>
    /// <returns>How many.</returns>
    Task<long> WakeAsync(IReadOnlyList<WatchedFolder> watched, CancellationToken cancellationToken);
}
