using ChunkUpload.Core.Access;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Sync;

/// <summary>Stores pairs of folders for their owners. A user sees only their own.</summary>
public interface ISyncLedger
{
    /// <returns>False if the owner has the maximum number of pairs.</returns>
    Task<bool> AddAsync(SyncPair pair, int most, CancellationToken cancellationToken);

    Task<SyncPair?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns the caller's pairs in the order in which they were created.</summary>
    Task<IReadOnlyList<SyncPair>> ListAsync(Caller caller, CancellationToken cancellationToken);

    Task<SyncStatistics> StatisticsAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Returns the pairs among these that the caller sees.</summary>
    Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    Task<bool> RemoveAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <param name="what">pause, resume, run, apply or leave.</param>
    /// <param name="digest">The digest of the question that is answered.</param>
    /// <returns>False if another question is open by now.</returns>
    Task<bool> ChangeAsync(SyncPair pair, string what, string? digest, CancellationToken cancellationToken);

    /// <summary>Returns items by path; failed ones come first if <paramref name="failing"/> is true.</summary>
    Task<IReadOnlyList<SyncItem>> ItemsAsync(
        Guid pair, bool failing, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Returns events, the newest first.</summary>
    Task<IReadOnlyList<SyncEvent>> EventsAsync(Guid pair, long? before, int limit, CancellationToken cancellationToken);
}

/// <summary>Stores the state of pairs for the worker.</summary>
public interface ISyncWorkLedger
{
    /// <summary>Returns a pair of any owner.</summary>
    Task<SyncPair?> GetAsync(Guid pair, CancellationToken cancellationToken);

    Task<SyncBases> BasesAsync(SyncPair pair, CancellationToken cancellationToken);

    /// <summary>Returns the number of the last change in the space of a folder of this service.</summary>
    Task<long?> SequenceAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Returns the ids of entries that WebDAV clients have locked in a folder of this service, or above it.</summary>
    Task<IReadOnlySet<string>> LockedAsync(string folder, CancellationToken cancellationToken);

    /// <returns>False if the lease is lost.</returns>
    Task<bool> SaveAsync(WorkItem lease, SyncPair pair, SyncRecords records, CancellationToken cancellationToken);

    /// <returns>False if the lease is lost.</returns>
    Task<bool> EndAsync(WorkItem lease, SyncPair pair, SyncLookEnd end, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Records the positions of the feeds if nothing in the pair has changed.</summary>
    /// <returns>False if the lease is lost.</returns>
    Task<bool> RestAsync(
        WorkItem lease, SyncPair pair, string? leftPosition, string? rightPosition, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Schedules scans of pairs whose folders on this service, or watched folders, have changed.</summary>
    /// <returns>The number of pairs.</returns>
    Task<long> WakeAsync(IReadOnlyList<WatchedFolder> watched, CancellationToken cancellationToken);
}
