using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Where an upload's bytes lie, and which of them are not known to be durable (E31). Reads lock nothing: a merge may move an extent before
/// the caller opens its file, so a file that is missing is asked for again. Changes lock the upload's row and may be repeated (E10). The
/// ledger retries a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IExtentLedger
{
    /// <summary>Extents that overlap [from, ...), in order.</summary>
    [Query]
    Task<IReadOnlyList<Extent>> ExtentsAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>Extents that were recorded in Relaxed and not flushed since, in order (E31).</summary>
    [Query]
    Task<IReadOnlyList<Extent>> UnflushedAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Records that these extents were flushed where they lie (E31).</summary>
    Task MarkFlushedAsync(UploadId id, IReadOnlyCollection<Extent> extents, CancellationToken cancellationToken);

    /// <summary>
    /// Extents that were recorded in Relaxed by an incarnation of another boot that did not end in order: their bytes must be compared with
    /// the ledger before they are trusted (E31).
    /// </summary>
    [Query]
    Task<IReadOnlyList<Extent>> DoubtfulAsync(UploadId id, int limit, CancellationToken cancellationToken);

    /// <summary>Settles doubtful extents: the good ones are trusted from now on, the bad ones are taken back.</summary>
    Task SettleDoubtAsync(
        UploadId id, IReadOnlyCollection<Extent> good, IReadOnlyCollection<Extent> bad, CancellationToken cancellationToken);
}
