using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// What only fsck asks of the ledger. Reads only, but for <see cref="LiftQuarantineAsync"/>; each page in one statement and so at one
/// moment; nothing is locked, so it may run beside the service. Pages are in the order of their keys, empty at the end.
/// </summary>
public interface IFsckLedger
{
    Task<IReadOnlyList<FsckUpload>> UploadsAsync(UploadId? after, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<FsckExtent>> ExtentsAsync(FsckKey? after, int limit, CancellationToken cancellationToken);

    /// <summary>One extent as it is now, null when it is gone.</summary>
    Task<FsckExtent?> ExtentAsync(FsckKey key, CancellationToken cancellationToken);

    Task<IReadOnlyList<FsckPrefix>> PrefixesAsync(FsckKey? after, int limit, CancellationToken cancellationToken);

    Task<FsckPrefix?> PrefixAsync(FsckKey key, CancellationToken cancellationToken);

    /// <summary>Every file that the ledger knows.</summary>
    Task<IReadOnlyList<FsckFile>> FilesAsync(Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Files that were tombstoned longer ago than this and are not said to be gone.</summary>
    Task<IReadOnlyList<FsckFile>> TombstonesAsync(TimeSpan age, Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Which of these files have no row.</summary>
    Task<IReadOnlyList<FsckStranger>> StrangersAmongAsync(IReadOnlyCollection<StoredFile> files, CancellationToken cancellationToken);

    /// <summary>As <see cref="IVerificationLedger.LiftQuarantineAsync"/>, without an incarnation of the service.</summary>
    Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken);
}

/// <summary>An upload and the offset at which something of it begins.</summary>
public readonly record struct FsckKey(UploadId Upload, long Start);

/// <param name="InState">How long it has been in its state, by the wall clock.</param>
/// <param name="Overdue">How long ago it went stale, by the service's clock (E29); negative while it is not.</param>
/// <param name="DamagedReason">Set when it is quarantined.</param>
/// <param name="Counted">What its row says.</param>
/// <param name="Summed">What its extents say.</param>
/// <param name="Covered">Bytes that at least one extent covers.</param>
/// <param name="FirstByte">Where the first extent begins; null without extents.</param>
/// <param name="Runs">How many gapless runs the extents form.</param>
/// <param name="RangesMatch">The received ranges are exactly what the extents cover.</param>
public sealed record FsckUpload(
    UploadId Id, UploadState State, UploadProtocol Protocol, string FileName, long? Size, bool HasContent, bool DigestKnown,
    TimeSpan InState, TimeSpan Overdue, string? DamagedReason, FsckSums Counted, FsckSums Summed, long Covered, long? FirstByte, long Runs,
        bool RangesMatch);

public readonly record struct FsckSums(long Received, long Placed, long Chunks);

/// <param name="File">Null when the ledger has no row for it.</param>
/// <param name="Counts">Its upload has content. Also of one in quarantine: it is what has to be brought back.</param>
public sealed record FsckExtent(FsckKey Key, long Length, string FileName, StoredFile? File, long FileOffset, bool Tombstoned, bool Counts)
{
    public long End => Key.Start + Length;
}

/// <param name="Received">A chunk begins at the same offset.</param>
/// <param name="Counts">Its upload takes bytes and is not quarantined.</param>
public sealed record FsckPrefix(FsckKey Key, long Kept, string FileName, StoredFile? File, bool Tombstoned, bool Received, bool Counts);

/// <param name="Unused">It is neither tombstoned nor named by an extent, a kept part, or an upload's assembly.</param>
public sealed record FsckFile(StoredFile File, UploadId Upload, bool Unused);

public enum FsckIncarnation
{
    /// <summary>It may still record files.</summary>
    Running = 1,
    Fenced,

    /// <summary>The ledger knows of none.</summary>
    Unknown,
}

public sealed record FsckStranger(StoredFile File, FsckIncarnation Incarnation);
