using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// The queries that only fsck needs. All methods but <see cref="LiftQuarantineAsync"/>, <see cref="RecountSpaceAsync"/>,
/// <see cref="RecountUsageAsync"/> and <see cref="RecountLinksAsync"/> reads only. Each page is one statement,
/// so it shows one moment. Nothing is locked, so fsck may run beside the service. Pages are ordered by key and empty at the end.
/// </summary>
public interface IFsckLedger
{
    Task<IReadOnlyList<FsckUpload>> UploadsAsync(UploadId? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Uploads in quarantine that have not ended. The node that has an upload's first byte reviews it. Uploads with bytes in a store of no
    /// node are left out.
    /// </summary>
    Task<IReadOnlyList<Upload>> QuarantinedAsync(UploadId? after, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<FsckExtent>> ExtentsAsync(FsckKey? after, int limit, CancellationToken cancellationToken);

    /// <summary>One extent as it is now; null when it is gone.</summary>
    Task<FsckExtent?> ExtentAsync(FsckKey key, CancellationToken cancellationToken);

    Task<IReadOnlyList<FsckPrefix>> PrefixesAsync(FsckKey? after, int limit, CancellationToken cancellationToken);

    Task<FsckPrefix?> PrefixAsync(FsckKey key, CancellationToken cancellationToken);

    /// <summary>All files of this store that the ledger knows.</summary>
    Task<IReadOnlyList<FsckFile>> FilesAsync(Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Files whose tombstone is older than this and whose removal is not recorded.</summary>
    Task<IReadOnlyList<FsckFile>> TombstonesAsync(TimeSpan age, Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Returns the files among these that have no row.</summary>
    Task<IReadOnlyList<FsckUnknownFile>> UnknownFilesAmongAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken);

    Task<IReadOnlyList<FsckEntry>> EntriesAsync(EntryId? after, int limit, CancellationToken cancellationToken);

    /// <summary>Returns the folders among these that are in a cycle of folders, or below one, in one snapshot.</summary>
    Task<IReadOnlyList<FsckEntry>> CyclesAmongAsync(IReadOnlyCollection<EntryId> folders, CancellationToken cancellationToken);

    Task<IReadOnlyList<FsckVersion>> VersionsAsync(FsckVersionKey? after, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<FsckSpace>> SpacesAsync(CancellationToken cancellationToken);

    /// <summary>Sets the counters of a space to what its entries and versions say.</summary>
    Task RecountSpaceAsync(EntryId space, CancellationToken cancellationToken);

    /// <summary>The tenants and subjects whose counted usage differs from what their uploads take up.</summary>
    Task<IReadOnlyList<FsckUsage>> UsageFaultsAsync(CancellationToken cancellationToken);

    /// <summary>Corrects the counted usage.</summary>
    /// <returns>The number of tenants and subjects whose usage was wrong.</returns>
    Task<long> RecountUsageAsync(CancellationToken cancellationToken);

    /// <summary>The links whose counters or recorded shares differ from their uploads and downloads.</summary>
    Task<IReadOnlyList<FsckLink>> LinkFaultsAsync(CancellationToken cancellationToken);

    /// <summary>Corrects the counters of links.</summary>
    /// <returns>The number of links whose counters were wrong.</returns>
    Task<long> RecountLinksAsync(CancellationToken cancellationToken);

    /// <summary>Like <see cref="IContentLedger.LiftQuarantineAsync"/>, without an incarnation of the service.</summary>
    Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken);
}

/// <summary>An upload and the offset at which one of its extents or prefixes begins.</summary>
public readonly record struct FsckKey(UploadId Upload, long Start);

/// <param name="InState">How long the upload has been in its state, by the wall clock.</param>
/// <param name="Overdue">How long ago the upload went stale, by the service's clock (E29); negative while it is not stale.</param>
/// <param name="Elsewhere">Some of its bytes are in another store.</param>
/// <param name="DamagedReason">Set when the upload is quarantined.</param>
/// <param name="Counted">The sums in the upload's row.</param>
/// <param name="Summed">The sums over its extents.</param>
/// <param name="Covered">The number of bytes that at least one extent covers.</param>
/// <param name="FirstByte">The offset of the first extent; null without extents.</param>
/// <param name="Runs">The number of gapless runs that the extents form.</param>
/// <param name="RangesMatch">The received ranges are exactly what the extents cover.</param>
/// <param name="Unnamed">It was published in a tree, and no version names it.</param>
public sealed record FsckUpload(
    UploadId Id, UploadState State, UploadProtocol Protocol, string FileName, long? Size, bool HasContent, bool DigestKnown,
    TimeSpan InState, TimeSpan Overdue, string? DamagedReason, FsckSums Counted, FsckSums Summed, long Covered, long? FirstByte, long Runs,
    bool RangesMatch, bool Elsewhere, bool Unnamed);

public readonly record struct FsckSums(long Received, long Placed, long Chunks);

/// <param name="File">Null when the ledger has no row for the file.</param>
/// <param name="Counts">The upload has content in this store. Also true for a quarantined upload, because its content must be
/// restored.</param>
public sealed record FsckExtent(FsckKey Key, long Length, string FileName, StoredFile? File, long FileOffset, bool Tombstoned, bool Counts)
{
    public long End => Key.Start + Length;
}

/// <param name="Received">A chunk begins at the same offset.</param>
/// <param name="Counts">The upload accepts bytes and is not quarantined.</param>
public sealed record FsckPrefix(FsckKey Key, long Kept, string FileName, StoredFile? File, bool Tombstoned, bool Received, bool Counts);

/// <param name="Unused">The file is neither tombstoned nor named by an extent, a prefix or an assembly.</param>
public sealed record FsckFile(StoredFile File, UploadId Upload, bool Unused);

public enum FsckIncarnation
{
    /// <summary>The incarnation may still record files.</summary>
    Running = 1,
    Fenced,

    /// <summary>The ledger does not know the incarnation.</summary>
    Unknown,
}

public sealed record FsckUnknownFile(StoredFile File, FsckIncarnation Incarnation);
