using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Moving;

/// <summary>
/// Records where moved content lies. A changing call is one transaction that may be repeated with the same arguments (E10). The ledger
/// retries for a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IMovingLedger
{
    /// <summary>
    /// Returns a finished upload whose time has come, or <c>null</c> if there is none: one with bytes in several stores, of which the own
    /// store has the largest share; or, if this node looks after the bucket, one that lies in small files there. It may be checked, damaged
    /// or ended meanwhile.
    /// </summary>
    /// <param name="store">The own store, or the bucket.</param>
    [Query]
    Task<Upload?> NextSpreadAsync(Guid store, CancellationToken cancellationToken);

    /// <summary>Has <see cref="NextSpreadAsync"/> leave out the upload for a while.</summary>
    Task PutOffSpreadAsync(UploadId id, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Has <see cref="NextSpreadAsync"/> return the upload no more for this store.</summary>
    Task EndSpreadAsync(UploadId id, Guid store, CancellationToken cancellationToken);

    /// <summary>
    /// Returns finished and undamaged uploads with bytes in this process's store that were completed at least so long ago, the oldest
    /// first.
    /// </summary>
    /// <param name="last">The last upload of the previous batch; <c>null</c> to begin with the oldest.</param>
    [Query]
    Task<IReadOnlyList<Upload>> NextForTierAsync(TimeSpan age, Upload? last, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Points the extents at a durable file that holds their bytes one after the other, if the upload is completed and undamaged, and they
    /// still lie where they were copied from: all of the upload that lies in other stores than the file's, or files of the same store.
    /// Tombstones the files that nothing names any more: the nodes of their stores unlink them.
    /// </summary>
    /// <param name="copied">The extents that were copied, in order.</param>
    /// <returns>Whether the extents are in the file now. If not, nothing was changed.</returns>
    Task<bool> MoveContentAsync(UploadId id, StoredFile file, IReadOnlyList<Extent> copied, CancellationToken cancellationToken);
}
