using System.Text.Json.Serialization;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>The response to a request for a file.</summary>
internal sealed record FileDownloadView(
    bool Success, [property: JsonPropertyName("download_id")] Guid DownloadId, AskedFileView File,
    [property: JsonPropertyName("transfer_info")] TransferInfoView TransferInfo, string Status, string Approval);

/// <summary>The requested file.</summary>
internal sealed record AskedFileView(string Path, long Size, string? Hash, [property: JsonPropertyName("mime_type")] string MimeType);

/// <summary>The path of the bytes.</summary>
internal sealed record TransferInfoView
{
    /// <summary>http: through the service; p2p: from device to device.</summary>
    public required string Protocol { get; init; }

    [JsonPropertyName("source_device_id")]
    public required Guid SourceDeviceId { get; init; }

    [JsonPropertyName("expires_at")]
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>
    /// relay: through the service; straight: from device to device; overlay: from device to device over an overlay network.
    /// </summary>
    public required string Way { get; init; }

    /// <summary>Why the file is relayed, if a direct path is possible for a device.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>
    /// The address at which the content can be read while it arrives: a path of the service, or an address of the source for the receiving
    /// device.
    /// </summary>
    public required string Address { get; init; }

    /// <summary>All addresses at which the source listens; only for the receiving device.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>The Bearer token for the source. Each query of the transfer renews it for a minute.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }

    /// <summary>The SHA-256 of the source's public key, which its certificate must have.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Fingerprint { get; init; }

    public static TransferInfoView Of(FileTransfer transfer, StraightTicket? ticket = null)
    {
        // Also while it is relayed, because the receiver tries the source again.
        return new()
        {
            Protocol = transfer.Way == FileWay.Relay ? "http" : "p2p",
            SourceDeviceId = transfer.Source.Id,
            ExpiresAt = transfer.ExpiresAt,
            Way = FileTransferWords.Of(transfer.Way),
            Reason = transfer.WayReason,
            Address = transfer.Way != FileWay.Relay && ticket is not null
                ? $"https://{ticket.Addresses[0]}/v1/transfers/{transfer.Id}"
                : FileTransferRoutes.ContentOf(transfer),
            Addresses = ticket?.Addresses,
            Token = ticket?.Token,
            Fingerprint = ticket is not null && transfer.Source.Fingerprint is { } key ? Convert.ToHexStringLower(key) : null,
        };
    }
}

/// <summary>The receiver that the source accepts: the device with this fingerprint and the token with this SHA-256.</summary>
/// <param name="Seconds">How long it is valid unless the receiver renews it.</param>
internal sealed record StraightGuestView(
    [property: JsonPropertyName("device_id")] Guid DeviceId, [property: JsonPropertyName("device_name")] string DeviceName,
    string Fingerprint, [property: JsonPropertyName("token_sha256")] string TokenSha256, double Seconds)
{
    public static StraightGuestView Of(StraightGuest guest) => new(
        guest.Device, guest.DeviceName, Convert.ToHexStringLower(guest.Fingerprint), Convert.ToHexStringLower(guest.TokenSha256),
        Math.Round(guest.Left.TotalSeconds, 1));
}

internal sealed record SourceDeviceView(Guid Id, string Name, bool Online);

internal sealed record RequesterView(string Subject, string Name);

/// <summary>A transfer of a file that a member has requested.</summary>
internal sealed record FileTransferView
{
    private const double Mebibyte = 1 << 20;

    public required Guid Id { get; init; }

    /// <summary>pending, in_progress, completed, failed or cancelled.</summary>
    public required string Status { get; init; }

    /// <summary>waiting, approved or declined.</summary>
    public required string Approval { get; init; }

    /// <summary>The number of the attempt, from 1; each retry counts.</summary>
    public required int Attempt { get; init; }

    [JsonPropertyName("file_path")]
    public required string FilePath { get; init; }

    /// <summary>SHA-256; null until it is known.</summary>
    [JsonPropertyName("file_hash")]
    public required string? FileHash { get; init; }

    [JsonPropertyName("bytes_transferred")]
    public required long BytesTransferred { get; init; }

    [JsonPropertyName("total_bytes")]
    public required long TotalBytes { get; init; }

    [JsonPropertyName("percent_complete")]
    public required double PercentComplete { get; init; }

    /// <summary>MiB per second on the average of the attempt; null before it begins.</summary>
    [JsonPropertyName("speed_mbps")]
    public required double? SpeedMbps { get; init; }

    [JsonPropertyName("eta_seconds")]
    public required double? EtaSeconds { get; init; }

    [JsonPropertyName("source_device")]
    public required SourceDeviceView SourceDevice { get; init; }

    [JsonPropertyName("transfer_info")]
    public required TransferInfoView TransferInfo { get; init; }

    [JsonPropertyName("requested_at")]
    public required DateTimeOffset RequestedAt { get; init; }

    [JsonPropertyName("started_at")]
    public required DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the transfer ended.</summary>
    [JsonPropertyName("completed_at")]
    public required DateTimeOffset? CompletedAt { get; init; }

    [JsonPropertyName("error_message")]
    public required string? ErrorMessage { get; init; }

    /// <summary>file_changed, source_failed, receiver_failed, digest_mismatch, relay_ended, expired, declined or rights_ended.</summary>
    [JsonPropertyName("error_code")]
    public required string? ErrorCode { get; init; }

    [JsonPropertyName("project_id")]
    public required Guid ProjectId { get; init; }

    [JsonPropertyName("folder_id")]
    public required Guid FolderId { get; init; }

    /// <summary>The batch that it is part of.</summary>
    [JsonPropertyName("batch_id")]
    public required Guid? BatchId { get; init; }

    public required RequesterView Requester { get; init; }

    [JsonPropertyName("mime_type")]
    public required string MimeType { get; init; }

    [JsonPropertyName("modified_at")]
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>What an open transfer waits for: approval, device, receiver, room, day, straight, source or bytes.</summary>
    [JsonPropertyName("waits_for")]
    public required string? WaitsFor { get; init; }

    /// <summary>The role of the caller: requester or source.</summary>
    public required string Role { get; init; }

    /// <summary>Whether the device has reported that it has sent everything.</summary>
    [JsonPropertyName("all_sent")]
    public required bool AllSent { get; init; }

    /// <summary>The agent that has the attempt; only for the key of the device.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? Claim { get; init; }

    /// <summary>The session with which the attempt is sent; only for the key of the device.</summary>
    [JsonPropertyName("relay_session"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RelaySession { get; init; }

    /// <summary>The ranges of the file that are relayed, because the receiver has the rest. Left out for the whole file.</summary>
    [JsonPropertyName("relay_ranges"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RangeView>? RelayRanges { get; init; }

    /// <summary>The receiver that the source accepts; only for the key of the device.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StraightGuestView? Straight { get; init; }

    /// <param name="asSource">Whether the caller has listed the files that its device must send.</param>
    public static FileTransferView Of(
        FileTransfer transfer, Caller caller, IReadOnlySet<Guid> online, DevicePresence presence, FileReceivers receivers,
        DateTimeOffset now, StraightView? straight = null, bool asSource = false)
    {
        var elapsed = transfer.StartedAt is { } started ? ((transfer.EndedAt ?? now) - started).TotalSeconds : 0;
        var speed = elapsed > 0 && transfer.Moved > 0 ? transfer.Moved / elapsed : (double?)null;
        var isSource = transfer.IsSentBy(caller);
        return new FileTransferView
        {
            Id = transfer.Id,
            Status = FileTransferWords.Of(transfer.Status),
            Approval = FileTransferWords.Of(transfer.Answer),
            Attempt = transfer.Attempt,
            FilePath = transfer.Path,
            FileHash = transfer.Hash is { } hash ? Convert.ToHexStringLower(hash) : null,
            BytesTransferred = transfer.Moved,
            TotalBytes = transfer.Size,
            PercentComplete = transfer.Size > 0 ? Math.Round(100.0 * transfer.Moved / transfer.Size, 1)
                : transfer.Status == FileTransferStatus.Completed ? 100 : 0,
            SpeedMbps = speed is { } bytes ? Math.Round(bytes / Mebibyte, 2) : null,
            EtaSeconds = transfer.Status == FileTransferStatus.InProgress && speed > 0
                ? Math.Round((transfer.Size - transfer.Moved) / speed.Value) : null,
            SourceDevice = new SourceDeviceView(transfer.Source.Id, transfer.Source.Name, online.Contains(transfer.Source.Key)),
            TransferInfo = TransferInfoView.Of(transfer, straight?.Ticket),
            RequestedAt = transfer.RequestedAt,
            StartedAt = transfer.StartedAt,
            CompletedAt = transfer.EndedAt,
            ErrorMessage = transfer.ErrorMessage,
            ErrorCode = transfer.ErrorCode,
            ProjectId = transfer.Project,
            FolderId = transfer.Folder,
            BatchId = transfer.Batch,
            Requester = new RequesterView(transfer.Requester, transfer.RequesterName),
            MimeType = transfer.MimeType,
            ModifiedAt = transfer.ModifiedAt,
            WaitsFor = WaitsOf(transfer, online, presence, receivers),
            Role = transfer.IsAskedBy(caller) && !asSource ? "requester" : "source",
            AllSent = transfer.IsSent,
            Claim = isSource ? transfer.Claim : null,
            Straight = isSource && straight?.Guest is { } guest ? StraightGuestView.Of(guest) : null,
            RelayRanges = transfer.RelayRanges?.Select(range => new RangeView(range.Offset, range.Length)).ToList(),
            RelaySession = isSource ? transfer.Relay?.ToString() : null,
        };
    }

    private static string? WaitsOf(
        FileTransfer transfer, IReadOnlySet<Guid> online, DevicePresence presence, FileReceivers receivers) => transfer switch
        {
            { IsOpen: false } => null,
            { Answer: FileAnswer.Waiting } => "approval",
            _ when presence.HasOtherFingerprint(transfer.Source.Key) => "device_key",
            { Status: FileTransferStatus.InProgress } => transfer.Moved == 0 ? "bytes" : null,
            _ when !online.Contains(transfer.Source.Key) => "device",
            _ when !receivers.IsThere(transfer) => "receiver",
            _ => transfer.Waits ?? "source",
        };
}

internal sealed record FileTransfersView(
    IReadOnlyList<FileTransferView> Transfers, [property: JsonPropertyName("next_cursor")] string? NextCursor);

/// <summary>The names of transfer values in bodies, queries and responses.</summary>
internal static class FileTransferWords
{
    public static string Of(FileTransferStatus status) => status switch
    {
        FileTransferStatus.Pending => "pending",
        FileTransferStatus.InProgress => "in_progress",
        FileTransferStatus.Completed => "completed",
        FileTransferStatus.Failed => "failed",
        _ => "cancelled",
    };

    public static string Of(FileWay way) => way switch
    {
        FileWay.Straight => "straight",
        FileWay.Overlay => "overlay",
        _ => "relay",
    };

    public static FileWay Way(string word) => word switch
    {
        "straight" => FileWay.Straight,
        "overlay" => FileWay.Overlay,
        _ => FileWay.Relay,
    };

    public static string Of(FileAnswer answer) => answer switch
    {
        FileAnswer.Waiting => "waiting",
        FileAnswer.Approved => "approved",
        _ => "declined",
    };

    public static FileTransferStatus? Status(string word) => word switch
    {
        "pending" => FileTransferStatus.Pending,
        "in_progress" => FileTransferStatus.InProgress,
        "completed" => FileTransferStatus.Completed,
        "failed" => FileTransferStatus.Failed,
        "cancelled" => FileTransferStatus.Cancelled,
        _ => null,
    };
}
