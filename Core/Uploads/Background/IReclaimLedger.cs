using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// Ends stale uploads and returns the files that may be unlinked: ledger first, disk last (E3). Every call is one transaction that locks
/// the rows it changes. It may be repeated and then returns the rest. The ledger retries for a few seconds and then throws <see
/// cref="LedgerUnavailableException"/>.
/// </summary>
public interface IReclaimLedger
{
    /// <summary>
    /// Finds uploads whose idle time exceeds their allowance, checks each again under its lock, and ends them as expired. Also removes
    /// finished files whose retention time is over (E29). Skips locked rows. Returns the uploads that it ended.
    /// </summary>
    Task<IReadOnlyList<PurgedUpload>> PurgeAsync(int limit, TimeSpan? keepFinishedFor, CancellationToken cancellationToken);

    /// <summary>
    /// Returns a batch of the upload's tombstoned files in the own store to unlink; empty when none is left. Tombstones the content of an
    /// ended upload first; of a live one only returns earlier tombstones (of a removed range).
    /// </summary>
    Task<IReadOnlyList<StoredFile>> ReclaimAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Tombstones in the own store left by earlier deletes that crashed between commit and unlink.</summary>
    [Query]
    Task<IReadOnlyList<StoredFile>> TombstonesAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Tombstones in the store that all nodes share, whichever node has made them.</summary>
    [Query]
    Task<IReadOnlyList<StoredFile>> SharedTombstonesAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Whether this node looks after the store that all nodes share: of the nodes that run, one does.</summary>
    [Query]
    Task<bool> LooksAfterSharedAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Fences other nodes that have been silent for a day and have no file on their disks, so that what they have left in the shared store
    /// counts as orphans.
    /// </summary>
    /// <returns>Their names.</returns>
    Task<IReadOnlyList<string>> FenceSilentAsync(CancellationToken cancellationToken);

    /// <summary>Whether files may be unlinked: false while a backup may still copy files that the ledger has released.</summary>
    [Query]
    Task<bool> MayUnlinkAsync(CancellationToken cancellationToken);

    /// <summary>Removes the tombstones of files that are gone.</summary>
    Task ForgetFilesAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken);

    /// <summary>Whether the ledger has a row for the file; a tombstone counts.</summary>
    [Query]
    Task<bool> HasFileAsync(StoredFile file, CancellationToken cancellationToken);

    /// <summary>Those of these files that the ledger does not name although their incarnation is fenced: orphans (E10, E30).</summary>
    [Query]
    Task<IReadOnlyList<StoredFile>> OrphansAmongAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken);

    /// <summary>Removes ended uploads, failures and events older than <paramref name="age"/>, in batches; returns how many rows.</summary>
    Task<int> TrimHistoryAsync(TimeSpan age, int limit, CancellationToken cancellationToken);
}
