using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Ends what is stale and names the files that may be unlinked: ledger first, disk last (E3). Every call is one transaction that locks the
/// rows it changes; it may be repeated and then returns what is left. The ledger retries a few seconds and then throws
/// <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IReclaimLedger
{
    /// <summary>
    /// Picks uploads that have gone without a byte for longer than allowed, checks each again under its lock, and ends them as expired;
    /// also finished files whose keeping time is over (E29). Skips locked rows. Returns the uploads that it ended.
    /// </summary>
    Task<IReadOnlyList<PurgedUpload>> PurgeAsync(int limit, TimeSpan? keepFinishedFor, CancellationToken cancellationToken);

    /// <summary>
    /// Returns tombstoned files of the upload to unlink, a batch at a time, empty when nothing is left. Frees the content of an ended
    /// upload on the way; of a live one only what was tombstoned before (a range taken back).
    /// </summary>
    Task<IReadOnlyList<StoredFile>> ReclaimAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Tombstones left by earlier deletes (a crash fell between commit and unlink).</summary>
    [Query]
    Task<IReadOnlyList<StoredFile>> TombstonesAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Removes the tombstones of files that are gone.</summary>
    Task ForgetFilesAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken);

    /// <summary>Whether the ledger has a row for the file; a tombstone counts.</summary>
    [Query]
    Task<bool> KnowsAsync(StoredFile file, CancellationToken cancellationToken);

    /// <summary>
    /// Which of these files the ledger does not name although the incarnation that made them is fenced: orphans (E10, E30).
    /// </summary>
    [Query]
    Task<IReadOnlyList<StoredFile>> OrphansAmongAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken);

    /// <summary>Removes ended uploads, failures and events older than <paramref name="age"/>, in batches; returns how many rows.</summary>
    Task<int> TrimHistoryAsync(TimeSpan age, int limit, CancellationToken cancellationToken);
}
