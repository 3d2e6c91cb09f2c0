using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Merging and hashing beside the requests. A call that changes something is one transaction that locks the upload's row and checks again
/// (E8), so a result that came too late changes nothing; it may be repeated with the same arguments (E10). The ledger retries a few seconds
/// and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IBackgroundLedger
{
    /// <summary>
    /// Uploads with work left: to join (all parts complete, or nothing left to wait for), to merge, to hash, to reclaim; those after the
    /// given id.
    /// </summary>
    /// <param name="undeclared">Finished files without a digest have work left too.</param>
    [Query]
    Task<IReadOnlyList<PendingWork>> PendingAsync(UploadId? after, int limit, bool undeclared, CancellationToken cancellationToken);

    /// <summary>
    /// Chunks that are not merged yet, lowest offset first, until the first that passes <paramref name="maxBytes"/> (at least one).
    /// </summary>
    [Query]
    Task<IReadOnlyList<Extent>> UnplacedAsync(UploadId id, long maxBytes, int maxCount, CancellationToken cancellationToken);

    /// <summary>Names a durable, empty assembly file; false when the upload takes none any more. Replaces an abandoned one (E23).</summary>
    Task<bool> SetAssemblyAsync(UploadId id, StoredFile assembly, CancellationToken cancellationToken);

    /// <summary>
    /// Points the extents that have not moved since at the assembly, each at its own offset, and tombstones the files that no extent names
    /// any more (E22, E27). Returns those files: they may be unlinked now.
    /// </summary>
    Task<IReadOnlyList<StoredFile>> PlaceAsync(
        UploadId id, StoredFile assembly, IReadOnlyList<Extent> copied, CancellationToken cancellationToken);

    /// <summary>The end of the received bytes that begin at 0, and the revision that rises whenever a range is taken back.</summary>
    [Query]
    Task<(long Front, long Revision)> FrontAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// The saved hash state of a stream or of a session's contiguous front, and how many bytes it covers; null when none.
    /// </summary>
    [Query]
    Task<SavedHash?> SavedHashAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// Saves how far the whole-file digest has come. When it covers the whole size, settles it: a completing upload becomes completed,
    /// or open again with the reason when the digest is wrong (E26); a completed one without a digest gets it. Refused (false) when the
    /// front was reopened since <paramref name="revision"/>.
    /// </summary>
    Task<bool> SaveHashAsync(UploadId id, SavedHash hash, Sha256Digest current, long revision, CancellationToken cancellationToken);
}
