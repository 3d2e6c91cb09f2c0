using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Reading;

/// <summary>
/// Where an upload's bytes are stored, which of them may not be durable (E31), and whether they were found to be what was received. The
/// reads take no locks: a merge may move an extent before the caller opens its file, so the caller queries a missing file again. Changes
/// lock the upload's row and may be repeated (E10). The ledger retries for a few seconds and then throws
/// <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IContentLedger
{
    /// <summary>Extents that overlap [from, ...), in order.</summary>
    [Query]
    Task<IReadOnlyList<Extent>> ExtentsAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>Extents that were recorded with relaxed durability and not flushed since, in order (E31).</summary>
    [Query]
    Task<IReadOnlyList<Extent>> UnflushedAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Records that these extents were flushed in these files (E31).</summary>
    Task MarkFlushedAsync(UploadId id, IReadOnlyCollection<Extent> extents, CancellationToken cancellationToken);

    /// <summary>
    /// Extents in files of this process's store that were recorded with relaxed durability before a reboot, by an incarnation that did not
    /// stop in order. Their bytes must be compared with the ledger before they are trusted (E31).
    /// </summary>
    [Query]
    Task<IReadOnlyList<Extent>> DoubtfulAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Settles doubtful extents: marks the good ones as trusted and removes the bad ones.</summary>
    Task SettleDoubtAsync(
        UploadId id, IReadOnlyCollection<Extent> good, IReadOnlyCollection<Extent> bad, CancellationToken cancellationToken);

    /// <summary>
    /// Completed uploads for the scrubber, those with the oldest check first. The node that has an upload's first byte reads all of it.
    /// Uploads with bytes in a store of no node are left out.
    /// </summary>
    [Query]
    Task<IReadOnlyList<Upload>> OldestCheckedAsync(TimeSpan notWithin, int limit, CancellationToken cancellationToken);

    /// <summary>Whether bytes of the upload lie in a store of no node of this ledger.</summary>
    [Query]
    Task<bool> IsElsewhereAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>The first extent of the range in each store but this process's own.</summary>
    [Query]
    Task<IReadOnlyList<Extent>> FirstElsewhereAsync(UploadId id, ByteRange range, CancellationToken cancellationToken);

    Task MarkCheckedAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// Quarantines an upload: its content is not served and it takes no more bytes until <see cref="LiftQuarantineAsync"/>.
    /// </summary>
    Task MarkDamagedAsync(UploadId id, string reason, CancellationToken cancellationToken);

    /// <summary>The stored bytes were verified: the upload returns to the state that it had before its quarantine.</summary>
    Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken);
}
