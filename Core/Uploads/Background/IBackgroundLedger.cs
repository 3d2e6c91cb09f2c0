using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Background;

/// <summary>
/// Records merging and hashing. A changing call is one transaction that locks the upload's row and checks again (E8), so an outdated result
/// changes nothing. It may be repeated with the same arguments (E10). The ledger retries for a few seconds and then throws <see
/// cref="LedgerUnavailableException"/>.
/// </summary>
public interface IBackgroundLedger
{
    /// <summary>
    /// Uploads after the given id that have work left: to join (all parts complete, or no part left to wait for), to merge, to hash, to
    /// reclaim.
    /// </summary>
    /// <param name="undeclared">Whether completed files without a digest count as work.</param>
    [Query]
    Task<IReadOnlyList<UploadId>> PendingAsync(UploadId? after, int limit, bool undeclared, CancellationToken cancellationToken);

    /// <summary>
    /// Unmerged chunks in this process's store, lowest offset first, up to the first that exceeds <paramref name="maxBytes"/> (at least
    /// one), and the file there into which they are merged.
    /// </summary>
    [Query]
    Task<MergeBatch> UnplacedAsync(UploadId id, long maxBytes, int maxCount, CancellationToken cancellationToken);

    /// <summary>
    /// Records a durable, empty assembly file; it replaces an abandoned one (E23). Returns false when the upload takes no assembly any
    /// more.
    /// </summary>
    Task<bool> SetAssemblyAsync(UploadId id, StoredFile assembly, CancellationToken cancellationToken);

    /// <summary>
    /// Points the extents at the assembly, each at its own offset, unless they have moved since. Tombstones the files that no extent names
    /// any more (E22, E27) and returns them: they may be unlinked now.
    /// </summary>
    Task<IReadOnlyList<StoredFile>> PlaceAsync(
        UploadId id, StoredFile assembly, IReadOnlyList<Extent> copied, CancellationToken cancellationToken);

    /// <summary>The end of the contiguous received bytes from 0, and the revision, which rises whenever a range is removed.</summary>
    [Query]
    Task<(long Front, long Revision)> FrontAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// The saved hash state of a stream or of a session's contiguous front, and how many bytes it covers; null when none.
    /// </summary>
    [Query]
    Task<SavedHash?> SavedHashAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// Saves the progress of the whole-file digest. When it covers the whole size, this settles the upload: a completing upload becomes
    /// completed, or open again with the reason when the digest is wrong (E26); a completed upload without a digest gets it. Returns false
    /// when the front was reopened since <paramref name="revision"/>.
    /// </summary>
    Task<bool> SaveHashAsync(UploadId id, SavedHash hash, Sha256Digest current, long revision, CancellationToken cancellationToken);
}

/// <summary>Chunks to merge.</summary>
/// <param name="Assembly">The file in the same store into which they are merged; null before the first merge, and without chunks.</param>
public sealed record MergeBatch(IReadOnlyList<Extent> Chunks, StoredFile? Assembly);
