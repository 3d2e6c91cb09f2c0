using System.Text.Json;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>An upload to insert, as <c>insert_uploads</c> takes it. A column without a property gets its default.</summary>
internal sealed record NewUploadRow
{
    public required Guid Id { get; init; }
    public required string Tenant { get; init; }
    public required string Subject { get; init; }
    public required string? Maker { get; init; }
    public required string Protocol { get; init; }
    public required string FileName { get; init; }
    public required string ContentType { get; init; }
    public required string Metadata { get; init; }
    public required string ProtocolState { get; init; }
    public required bool IsPart { get; init; }
    public required bool Slides { get; init; }
    public required long? Size { get; init; }
    public required byte[]? DeclaredSha256 { get; init; }
    public required long IdleAllowance { get; init; }
    public required string? IdempotencyKey { get; init; }
    public required byte[]? IdempotencyHash { get; init; }

    /// <summary>Set if all bytes are there: the upload is then inserted as completed.</summary>
    public byte[]? Sha256 { get; init; }

    public Guid[]? Parts { get; init; }

    public Guid? TargetSpace { get; init; }
    public Guid? TargetParent { get; init; }
    public IReadOnlyList<string>? TargetNames { get; init; }
    public string? TargetConflict { get; init; }
    public long? TargetRevision { get; init; }

    /// <summary>JSON in a string, as of the other JSON columns.</summary>
    public string? TargetGuard { get; init; }

    public long? ModifiedNs { get; init; }
    public int? Mode { get; init; }

    /// <summary>Null means normal.</summary>
    public short? Priority { get; init; }

    public string? UserAgent { get; init; }

    public Guid? RelayOf { get; init; }

    public static NewUploadRow Of(NewUpload upload) => new()
    {
        Id = upload.Id.Value,
        Tenant = upload.Caller.Tenant,
        Subject = upload.Caller.Subject,
        Maker = upload.Caller.Grant?.Link.MadeBy,
        Protocol = upload.Protocol.Word(),
        FileName = upload.FileName,
        ContentType = upload.ContentType,
        Metadata = JsonSerializer.Serialize(upload.Metadata),
        ProtocolState = JsonSerializer.Serialize(upload.ProtocolState),
        IsPart = upload.IsPart,
        Slides = upload.Slides,
        Size = upload.Size,
        DeclaredSha256 = upload.DeclaredSha256?.ToArray(),
        IdleAllowance = LedgerRows.Seconds(upload.IdleAllowance),
        IdempotencyKey = upload.IdempotencyKey,
        IdempotencyHash = upload.IdempotencyHash?.ToArray(),
        TargetSpace = upload.Target?.Place.Space.Value,
        TargetParent = upload.Target?.Place.Parent.Value,
        TargetNames = upload.Target?.Place.Names,
        TargetConflict = upload.Target?.Conflict.Word(),
        TargetRevision = upload.Target?.Revision,
        TargetGuard = GuardJson.Write(upload.Target?.Place.Guard),
        ModifiedNs = upload.Target?.Modified?.Nanoseconds,
        Mode = upload.Target?.Mode,
        Priority = upload.Priority == BandwidthPriority.Normal ? null : (short)upload.Priority,
        UserAgent = Core.Access.UserAgent.Clean(upload.Caller.UserAgent),
        RelayOf = upload.RelayOf,
    };
}

/// <summary>The type <c>stream_checkpoint</c>.</summary>
internal sealed record CheckpointRow(
    Guid UploadId, long Epoch, long FromOffset, long ToOffset, Guid Segment, long SegmentStart, long SegmentIncarnation, byte[] HashState,
    byte[] Sha256, bool Final, Guid? SegmentStore)
{
    public static CheckpointRow Of(StreamCheckpoint checkpoint) => new(
        checkpoint.Upload.Value, checkpoint.Epoch, checkpoint.FromOffset, checkpoint.ToOffset, checkpoint.Segment.Unique,
            checkpoint.SegmentStart,
        checkpoint.Segment.Incarnation, checkpoint.Hash.State, checkpoint.Digest.ToArray(), checkpoint.Final,
        checkpoint.IsShared ? checkpoint.Segment.Store : null);
}
