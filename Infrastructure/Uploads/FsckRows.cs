using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

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
    public long PieceBytes { get; set; }
    public long PiecePlaced { get; set; }
    public long PieceCount { get; set; }
    public long Covered { get; set; }
    public long? FirstByte { get; set; }
    public long Runs { get; set; }
    public bool RangesMatch { get; set; }

    public FsckUpload ToUpload() => new(
        new UploadId(Id), LedgerWords.State(State), LedgerWords.Protocol(Protocol), FileName, Size, HasContent, DigestKnown,
        TimeSpan.FromSeconds(InStateSeconds), TimeSpan.FromSeconds(OverdueSeconds), DamagedReason,
        new FsckSums(ReceivedBytes, PlacedBytes, ChunkCount), new FsckSums(PieceBytes, PiecePlaced, PieceCount), Covered, FirstByte, Runs, RangesMatch);
}

internal sealed class FsckPieceRow
{
    public Guid UploadId { get; set; }
    public long Start { get; set; }
    public long Length { get; set; }
    public long FileOffset { get; set; }
    public string FileName { get; set; } = "";
    public Guid? FileId { get; set; }
    public short? FileKind { get; set; }
    public long? FileLife { get; set; }
    public bool Tombstoned { get; set; }
    public bool Counts { get; set; }

    public FsckPiece ToPiece() =>
        new(new FsckKey(new UploadId(UploadId), Start), Length, FileName, FsckFileRow.Named(FileId, FileKind, FileLife), FileOffset, Tombstoned, Counts);
}

internal sealed class FsckPrefixRow
{
    public Guid UploadId { get; set; }
    public long Start { get; set; }
    public long Kept { get; set; }
    public string FileName { get; set; } = "";
    public Guid? FileId { get; set; }
    public short? FileKind { get; set; }
    public long? FileLife { get; set; }
    public bool Tombstoned { get; set; }
    public bool Received { get; set; }
    public bool Counts { get; set; }

    public FsckPrefix ToPrefix() =>
        new(new FsckKey(new UploadId(UploadId), Start), Kept, FileName, FsckFileRow.Named(FileId, FileKind, FileLife), Tombstoned, Received, Counts);
}

internal sealed class FsckFileRow
{
    public Guid Id { get; set; }
    public short Kind { get; set; }
    public long Life { get; set; }
    public Guid UploadId { get; set; }
    public bool Unused { get; set; }

    public FsckFile ToFile() => new(new StoredFile((StoredFileKind)Kind, Life, Id), new UploadId(UploadId), Unused);

    /// <summary>Null when an outer join found none.</summary>
    public static StoredFile? Named(Guid? id, short? kind, long? life) =>
        id is { } unique ? new StoredFile((StoredFileKind)kind!.Value, life!.Value, unique) : null;
}

internal sealed class FsckStrangerRow
{
    public Guid Id { get; set; }
    public short Kind { get; set; }
    public long Life { get; set; }
    public bool LifeKnown { get; set; }
    public bool Fenced { get; set; }

    public FsckStranger ToStranger() => new(
        new StoredFile((StoredFileKind)Kind, Life, Id), !LifeKnown ? FsckLife.Unknown : Fenced ? FsckLife.Fenced : FsckLife.Running);
}
