using ChunkUpload.Core.Projects;

namespace ChunkUpload.Infrastructure.Projects;

internal sealed class FileTransferRow
{
    public const string Columns = $"""
        t.id as "TransferId", t.tenant as "TransferTenant", t.project_id as "ProjectId", t.requester_id as "Requester",
        t.file_path as "FilePath", t.status as "Status", t.approval as "Approval", t.attempt as "Attempt", t.claim as "Claim",
        t.relay as "Relay", t.way as "Way", t.way_reason as "WayReason", t.batch_id as "Batch",
        t.folder_id as "FolderId",
        coalesce(t.file_hash, case when r.state = 'completed' and t.relay_ranges is null then r.sha256 end) as "Hash",
        t.total_bytes as "TotalBytes", t.mime_type as "MimeType",
        (select array_agg(lower(g) order by g) from unnest(t.relay_ranges) g) as "RelayFrom",
        (select array_agg(upper(g) order by g) from unnest(t.relay_ranges) g) as "RelayTo",
        t.modified_at as "ModifiedAt",
        greatest(t.bytes_transferred, least(t.total_bytes, coalesce(relay_start(t) + r.received_bytes, 0))) as "Moved",
        t.sent_at is not null as "IsSent", t.waits as "Waits", t.error_code as "ErrorCode", t.error_message as "ErrorMessage",
        t.requested_at as "RequestedAt", t.started_at as "StartedAt", t.completed_at as "EndedAt", t.expires_at as "ExpiresAt",
        e.key as "TargetKey", coalesce(q.display_name, n.name, '') as "RequesterName", {DeviceRow.Columns}
        """;

    /// <summary>The joins of the transfer t: its device d, its relay r, and the requester.</summary>
    public const string Joins = $"""
        join devices d on d.id = t.source_device_id {DeviceRow.Joins}
        left join devices e on e.id = t.target_device_id
        left join uploads r on r.id = t.relay
        left join users q on q.id = case when t.requester_id ~ '^user:[0-9a-f]{"{32}"}$' then substr(t.requester_id, 6)::uuid end
        left join api_keys n on n.id = case when t.requester_id ~ '^key:[0-9a-f]{"{32}"}$' then substr(t.requester_id, 5)::uuid end
        """;

    public Guid TransferId { get; set; }
    public string TransferTenant { get; set; } = "";
    public Guid ProjectId { get; set; }
    public string Requester { get; set; } = "";
    public string FilePath { get; set; } = "";
    public string Status { get; set; } = "";
    public string Approval { get; set; } = "";
    public int Attempt { get; set; }
    public Guid? Claim { get; set; }
    public Guid? Relay { get; set; }
    public long[]? RelayFrom { get; set; }
    public long[]? RelayTo { get; set; }
    public Guid? Batch { get; set; }
    public string Way { get; set; } = "";
    public string? WayReason { get; set; }
    public Guid FolderId { get; set; }
    public byte[]? Hash { get; set; }
    public long TotalBytes { get; set; }
    public string MimeType { get; set; } = "";
    public DateTime ModifiedAt { get; set; }
    public long Moved { get; set; }
    public bool IsSent { get; set; }
    public string? Waits { get; set; }
    public string? ErrorCode { get; set; }
    public string? ErrorMessage { get; set; }
    public DateTime RequestedAt { get; set; }
    public DateTime? StartedAt { get; set; }
    public DateTime? EndedAt { get; set; }
    public DateTime ExpiresAt { get; set; }
    public Guid? TargetKey { get; set; }
    public string RequesterName { get; set; } = "";

    public FileTransfer ToTransfer(ProjectDevice source) => new(TransferId, TransferTenant, ProjectId, Requester, FilePath, source)
    {
        Status = FileTransferNames.Status(Status),
        Answer = FileTransferNames.Answer(Approval),
        Attempt = Attempt,
        Claim = Claim,
        Relay = Relay is { } relay ? new UploadId(relay) : null,
        RelayRanges = RelayFrom?.Zip(RelayTo!, ByteRange.Between).ToList(),
        Batch = Batch,
        Way = FileTransferNames.Way(Way),
        WayReason = WayReason,
        Folder = FolderId,
        Hash = Hash,
        Size = TotalBytes,
        MimeType = MimeType,
        ModifiedAt = LedgerRows.Utc(ModifiedAt),
        Moved = Moved,
        IsSent = IsSent,
        Waits = Waits,
        ErrorCode = ErrorCode,
        ErrorMessage = ErrorMessage,
        RequestedAt = LedgerRows.Utc(RequestedAt),
        StartedAt = StartedAt is { } started ? LedgerRows.Utc(started) : null,
        EndedAt = EndedAt is { } ended ? LedgerRows.Utc(ended) : null,
        ExpiresAt = LedgerRows.Utc(ExpiresAt),
        TargetKey = TargetKey,
        RequesterName = RequesterName,
    };
}

internal sealed class RelayRow
{
    public string Status { get; set; } = "";
    public int Attempt { get; set; }
    public Guid? Relay { get; set; }
    public string? State { get; set; }
    public bool IsDamaged { get; set; }
    public long Received { get; set; }
    public byte[]? Sha256 { get; set; }
    public long Available { get; set; }

    public RelayState ToState() => new(
        FileTransferNames.Status(Status), Attempt, Relay is { } relay ? new UploadId(relay) : null,
        State is { } state ? LedgerEnumNames.State(state) : null, IsDamaged, Received, Sha256, Available);
}

internal sealed class AskedRow
{
    public string Outcome { get; set; } = "";
    public Guid? Id { get; set; }
    public byte[]? Hash { get; set; }
    public int? Seconds { get; set; }
}
