using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Fsck;

internal sealed class FsckUploadRow
{
    public Guid Id { get; set; }
    public string State { get; set; } = "";
    public string Protocol { get; set; } = "";
    public string FileName { get; set; } = "";
    public long? Size { get; set; }
    public bool HasContent { get; set; }
    public bool DigestKnown { get; set; }
    public double InStateSeconds { get; set; }
    public double OverdueSeconds { get; set; }
    public string? DamagedReason { get; set; }
    public long ReceivedBytes { get; set; }
    public long PlacedBytes { get; set; }
    public int ChunkCount { get; set; }
    public long ExtentBytes { get; set; }
    public long ExtentPlaced { get; set; }
    public long ExtentCount { get; set; }
    public long Covered { get; set; }
    public long? FirstByte { get; set; }
    public long Runs { get; set; }
    public bool RangesMatch { get; set; }
    public bool Elsewhere { get; set; }
    public bool Unnamed { get; set; }

    public FsckUpload ToUpload() => new(
        new UploadId(Id), LedgerEnumNames.State(State), LedgerEnumNames.Protocol(Protocol), FileName, Size, HasContent, DigestKnown,
        TimeSpan.FromSeconds(InStateSeconds), TimeSpan.FromSeconds(OverdueSeconds), DamagedReason,
        new FsckSums(ReceivedBytes, PlacedBytes, ChunkCount), new FsckSums(ExtentBytes, ExtentPlaced, ExtentCount), Covered, FirstByte,
            Runs, RangesMatch, Elsewhere, Unnamed);
}

internal sealed class FsckExtentRow
{
    public Guid UploadId { get; set; }
    public long Start { get; set; }
    public long Length { get; set; }
    public long FileOffset { get; set; }
    public string FileName { get; set; } = "";
    public Guid? FileId { get; set; }
    public Guid? FileStore { get; set; }
    public short? FileKind { get; set; }
    public long? FileIncarnation { get; set; }
    public bool Tombstoned { get; set; }
    public bool Counts { get; set; }

    public FsckExtent ToExtent() =>
        new(new FsckKey(new UploadId(UploadId), Start), Length, FileName, FsckFileRow.Named(FileId, FileStore, FileKind, FileIncarnation),
            FileOffset,
            Tombstoned, Counts);
}

internal sealed class FsckPrefixRow
{
    public Guid UploadId { get; set; }
    public long Start { get; set; }
    public long Kept { get; set; }
    public string FileName { get; set; } = "";
    public Guid? FileId { get; set; }
    public Guid? FileStore { get; set; }
    public short? FileKind { get; set; }
    public long? FileIncarnation { get; set; }
    public bool Tombstoned { get; set; }
    public bool Received { get; set; }
    public bool Counts { get; set; }

    public FsckPrefix ToPrefix() =>
        new(new FsckKey(new UploadId(UploadId), Start), Kept, FileName, FsckFileRow.Named(FileId, FileStore, FileKind, FileIncarnation),
            Tombstoned,
            Received, Counts);
}

internal sealed class FsckFileRow
{
    public Guid Id { get; set; }
    public Guid Store { get; set; }
    public short Kind { get; set; }
    public long Incarnation { get; set; }
    public Guid UploadId { get; set; }
    public bool Unused { get; set; }

    public FsckFile ToFile() => new(new StoredFile(Store, (StoredFileKind)Kind, Incarnation, Id), new UploadId(UploadId), Unused);

    /// <summary>Returns null if an outer join found no file.</summary>
    public static StoredFile? Named(Guid? id, Guid? store, short? kind, long? incarnation) =>
        id is { } unique ? new StoredFile(store!.Value, (StoredFileKind)kind!.Value, incarnation!.Value, unique) : null;
}

internal sealed class FsckUnknownFileRow
{
    public Guid Id { get; set; }
    public Guid Store { get; set; }
    public short Kind { get; set; }
    public long Incarnation { get; set; }
    public bool IncarnationKnown { get; set; }
    public bool Fenced { get; set; }

    public FsckUnknownFile ToUnknownFile() => new(
        new StoredFile(Store, (StoredFileKind)Kind, Incarnation, Id), !IncarnationKnown ? FsckIncarnation.Unknown : Fenced
            ? FsckIncarnation.Fenced
            : FsckIncarnation.Running);
}

internal sealed class FsckUsageRow
{
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public long StoredBytes { get; set; }
    public long Files { get; set; }
    public long OpenUploads { get; set; }
    public long SummedBytes { get; set; }
    public long SummedFiles { get; set; }
    public long SummedOpen { get; set; }
}

internal sealed class FsckLinkRow
{
    public Guid Link { get; set; }
    public string Title { get; set; } = "";
    public long Files { get; set; }
    public long Parts { get; set; }
    public long Bytes { get; set; }
    public long Downloads { get; set; }
    public long SummedFiles { get; set; }
    public long SummedParts { get; set; }
    public long SummedBytes { get; set; }
    public long SummedDownloads { get; set; }

    public FsckLink ToLink() => new(
        Link, Title, new FsckLinkSums(Files, Parts, Bytes, Downloads),
        new FsckLinkSums(SummedFiles, SummedParts, SummedBytes, SummedDownloads));
}
