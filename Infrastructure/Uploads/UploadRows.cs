using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Infrastructure.Uploads;

internal sealed class UploadRow
{
    public Guid Id { get; set; }
    public string Tenant { get; set; } = "";
    public string Subject { get; set; } = "";
    public string Protocol { get; set; } = "";
    public string State { get; set; } = "";
    public DateTime StateAt { get; set; }
    public string? StateReason { get; set; }
    public string FileName { get; set; } = "";
    public string ContentType { get; set; } = "";
    public string Metadata { get; set; } = "";
    public long? Size { get; set; }
    public byte[]? DeclaredSha256 { get; set; }
    public byte[]? Sha256 { get; set; }
    public long ReceivedBytes { get; set; }
    public int ChunkCount { get; set; }
    public long PlacedBytes { get; set; }
    public long HashBytes { get; set; }
    public long AttemptCount { get; set; }
    public long FailureCount { get; set; }
    public int ConsecutiveFailures { get; set; }
    public DateTime CreatedAt { get; set; }
    public DateTime? FirstByteAt { get; set; }
    public DateTime? LastByteAt { get; set; }
    public DateTime? CompletedAt { get; set; }
    public long IdleAllowance { get; set; }
    public long IdleSeconds { get; set; }
    public long Epoch { get; set; }
    public long? Writer { get; set; }
    public long Incarnation { get; set; }
    public DateTime? DamagedAt { get; set; }
    public string ProtocolState { get; set; } = "";
    public bool IsPart { get; set; }
    public Guid[] Parts { get; set; } = [];
    public Guid? TargetSpace { get; set; }
    public Guid? TargetParent { get; set; }
    public string[]? TargetNames { get; set; }
    public string? TargetConflict { get; set; }
    public long? TargetRevision { get; set; }
    public long? ModifiedNs { get; set; }
    public int? Mode { get; set; }
    public short Priority { get; set; }
    public string? UnfiledReason { get; set; }
    public string? UserAgent { get; set; }
    public Guid? RelayOf { get; set; }

    public Upload ToUpload() => new()
    {
        Id = new UploadId(Id),
        Tenant = LedgerRows.Shared(Tenant, Caller.DefaultTenant),
        Subject = LedgerRows.Shared(Subject, Caller.Operator.Subject),
        Protocol = LedgerEnumNames.Protocol(Protocol),
        State = LedgerEnumNames.State(State),
        StateAt = LedgerRows.Utc(StateAt),
        StateReason = StateReason,
        FileName = FileName,
        ContentType = LedgerRows.Shared(ContentType, "application/octet-stream"),
        Metadata = ToDictionary(Metadata),
        ProtocolState = ToDictionary(ProtocolState),
        IsPart = IsPart,
        Parts = [.. Parts.Select(part => new UploadId(part))],
        Priority = (BandwidthPriority)Priority,
        Size = Size,
        DeclaredSha256 = LedgerRows.Digest(DeclaredSha256),
        Sha256 = LedgerRows.Digest(Sha256),
        ReceivedBytes = ReceivedBytes,
        ChunkCount = ChunkCount,
        PlacedBytes = PlacedBytes,
        HashedBytes = HashBytes,
        AttemptCount = AttemptCount,
        FailureCount = FailureCount,
        ConsecutiveFailures = ConsecutiveFailures,
        CreatedAt = LedgerRows.Utc(CreatedAt),
        FirstByteAt = FirstByteAt is { } first ? LedgerRows.Utc(first) : null,
        LastByteAt = LastByteAt is { } last ? LedgerRows.Utc(last) : null,
        CompletedAt = CompletedAt is { } completed ? LedgerRows.Utc(completed) : null,
        IdleAllowance = TimeSpan.FromSeconds(IdleAllowance),
        IdleFor = TimeSpan.FromSeconds(IdleSeconds),
        Epoch = Epoch,
        Writer = Writer,
        Incarnation = Incarnation,
        DamagedAt = DamagedAt is { } damaged ? LedgerRows.Utc(damaged) : null,
        Target = TargetSpace is { } space ? ToTarget(space) : null,
        UnfiledReason = UnfiledReason,
        UserAgent = UserAgent,
        RelayOf = RelayOf,
    };

    private FileTarget ToTarget(Guid space) =>
        new(new Place(new EntryId(space), new EntryId(TargetParent!.Value), TargetNames!), TreeEnumNames.Conflict(TargetConflict!))
        {
            Revision = TargetRevision,
            Modified = ModifiedNs is { } modified ? new NanoTime(modified) : null,
            Mode = Mode,
        };

    private static readonly Dictionary<string, string> NoWords = [];

    private static Dictionary<string, string> ToDictionary(string json) =>
        json == "{}" ? NoWords : JsonSerializer.Deserialize<Dictionary<string, string>>(json)!;
}

internal sealed class ChunkRow
{
    /// <summary>How many columns <see cref="ChunkQueries.ChunkColumns"/> has.</summary>
    public const int Columns = 6;

    public long Start { get; set; }
    public long Length { get; set; }
    public byte[] Sha256 { get; set; } = [];
    public int Attempts { get; set; }
    public DateTime StartedAt { get; set; }
    public DateTime ReceivedAt { get; set; }

    public Chunk ToChunk() =>
        new(new ByteRange(Start, Length), new Sha256Digest(Sha256), Attempts, LedgerRows.Utc(StartedAt), LedgerRows.Utc(ReceivedAt));
}

internal sealed class PrefixRow
{
    /// <summary>How many columns <see cref="ChunkQueries.PrefixColumns"/> has.</summary>
    public const int Columns = 12;

    public long Start { get; set; }
    public long? Length { get; set; }
    public byte[]? Sha256 { get; set; }
    public long Kept { get; set; }
    public byte[] KeptSha256 { get; set; } = [];
    public byte[] HashState { get; set; } = [];
    public Guid FileId { get; set; }
    public Guid FileStore { get; set; }
    public short FileKind { get; set; }
    public long FileIncarnation { get; set; }
    public long Attempt { get; set; }
    public long Incarnation { get; set; }

    public Prefix ToPrefix() => new(
        Start, Length, LedgerRows.Digest(Sha256), Kept, new Sha256Digest(KeptSha256), HashState,
        new StoredFile(FileStore, (StoredFileKind)FileKind, FileIncarnation, FileId), Attempt, Incarnation);
}

internal class ExtentRow
{
    /// <summary>How many columns <see cref="ExtentQueries"/> reads for an extent.</summary>
    public const int Columns = 8;

    public long Start { get; set; }
    public long Length { get; set; }
    public long FileOffset { get; set; }
    public byte[]? Sha256 { get; set; }
    public Guid FileId { get; set; }
    public Guid FileStore { get; set; }
    public short FileKind { get; set; }
    public long FileIncarnation { get; set; }

    public Extent ToExtent() => new(
        new ByteRange(Start, Length), new StoredFile(FileStore, (StoredFileKind)FileKind, FileIncarnation, FileId), FileOffset,
            LedgerRows.Digest(Sha256));
}

internal sealed class UnplacedRow : ExtentRow
{
    public Guid? Assembly { get; set; }
    public long? AssemblyIncarnation { get; set; }

    /// <summary>It is in the same store as the chunk.</summary>
    public StoredFile? ToAssembly() =>
        Assembly is { } assembly ? new StoredFile(FileStore, StoredFileKind.Assembly, AssemblyIncarnation!.Value, assembly) : null;
}

internal sealed class FileRow
{
    public Guid Id { get; set; }
    public Guid Store { get; set; }
    public short Kind { get; set; }
    public long Incarnation { get; set; }

    public StoredFile ToFile() => new(Store, (StoredFileKind)Kind, Incarnation, Id);
}

internal sealed class FailureRow
{
    public DateTime At { get; set; }
    public string Kind { get; set; } = "";
    public long Start { get; set; }
    public long Bytes { get; set; }
    public long Kept { get; set; }
    public long DurationMs { get; set; }
    public long AllBytes { get; set; }
    public long AllKept { get; set; }

    public FailedAttempt ToAttempt() => new(LedgerRows.Utc(At), Kind, Start, Bytes, Kept, TimeSpan.FromMilliseconds(DurationMs));
}
