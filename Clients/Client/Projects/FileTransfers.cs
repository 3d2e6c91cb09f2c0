using System.Text.Json.Serialization;
using ChunkUpload.Client.Http;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Projects;

/// <summary>What this client reads of a transfer: a file that a member has asked a device for.</summary>
internal sealed record FileTransferAnswer(
    Guid Id, string Status, string Approval, int Attempt, string FilePath, string? FileHash, long BytesTransferred, long TotalBytes,
    SourceDeviceAnswer SourceDevice, DateTimeOffset RequestedAt, DateTimeOffset? ModifiedAt, string? ErrorMessage, string? ErrorCode,
    RequesterAnswer? Requester, Guid? FolderId, string? WaitsFor, string? Role, bool AllSent, Guid? Claim, string? RelaySession,
    TransferInfoAnswer? TransferInfo, StraightGuestAnswer? Straight, IReadOnlyList<RangeView>? RelayRanges) : IAnswer
{
    [JsonIgnore]
    public bool IsOpen => Status is FileTransferWords.Pending or FileTransferWords.InProgress;

    /// <summary>Gets a value that indicates whether the bytes come from device to device.</summary>
    [JsonIgnore]
    public bool IsStraight => TransferInfo is { Way: FileTransferWords.Straight or FileTransferWords.Overlay };

    [JsonIgnore]
    public bool IsValid => Status is not null && Approval is not null && Attempt > 0 && FilePath is not null && TotalBytes >= 0
        && BytesTransferred >= 0 && SourceDevice is { Name: not null } && (RelaySession is null || AnswerRules.IsId(RelaySession))
        && (RelayRanges is null || AnswerRules.All(
            RelayRanges, range => range is { Offset: >= 0, Length: > 0 } && range.Offset <= TotalBytes - range.Length));
}

/// <summary>The way that the bytes take.</summary>
/// <param name="Reason">Why they come through the service.</param>
/// <param name="Addresses">The addresses on which the source listens for this device.</param>
internal sealed record TransferInfoAnswer(
    string? Protocol, string? Way, string? Reason, IReadOnlyList<string>? Addresses, string? Token, string? Fingerprint);

/// <summary>The receiver that the source accepts.</summary>
/// <param name="Seconds">For how long.</param>
internal sealed record StraightGuestAnswer(
    Guid DeviceId, string? DeviceName, string? Fingerprint, string? TokenSha256, double Seconds);

internal sealed record SourceDeviceAnswer(Guid Id, string Name, bool Online);

internal sealed record RequesterAnswer(string? Subject, string? Name);

internal sealed record FileTransfersAnswer(IReadOnlyList<FileTransferAnswer> Transfers, string? NextCursor) : IAnswer, IPage
{
    [JsonIgnore]
    public int Count => Transfers.Count;

    [JsonIgnore]
    public bool IsValid => Transfers is not null && AnswerRules.All(Transfers, transfer => transfer.IsValid);
}

internal sealed record FileRequestBody(string FilePath, string RequestMode, string? FileHash = null);

internal sealed record FileRequestAnswer(Guid DownloadId, RequestedFileAnswer File) : IAnswer
{
    [JsonIgnore]
    public bool IsValid => File is { Path: not null, Size: >= 0 };
}

internal sealed record RequestedFileAnswer(string Path, long Size, string? Hash);

/// <summary>A change of a transfer, by either end.</summary>
internal sealed record FileTransferChangeBody(int Attempt)
{
    public string? Status { get; init; }

    public Guid? Claim { get; init; }

    public long? BytesTransferred { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public string? Way { get; init; }

    public string? WayReason { get; init; }

    /// <summary>What the receiver lacks; <c>null</c> for the whole file.</summary>
    public IReadOnlyList<RangeView>? Missing { get; init; }

    /// <summary>The addresses on which the source listens.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    public string? Hash { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }
}

/// <param name="For">version, or folder: this member in this folder for 30 days.</param>
internal sealed record ApprovalBody(string For);

internal sealed record NoBody;

/// <summary>The words of the service about transfers.</summary>
internal static class FileTransferWords
{
    public const string Pending = "pending";
    public const string InProgress = "in_progress";
    public const string Completed = "completed";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    public const string Approved = "approved";

    public const string Relay = "relay";
    public const string Straight = "straight";
    public const string Overlay = "overlay";
    public const string Unreachable = "straight_unreachable";
    public const string FingerprintChanged = "fingerprint_changed";
    public const string StraightRefused = "straight_refused";

    public const string WaitsForApproval = "approval";
    public const string WaitsForDevice = "device";
    public const string WaitsForDeviceKey = "device_key";
    public const string WaitsForRoom = "room";
    public const string WaitsForDay = "day";
    public const string WaitsForStraight = "straight";

    public const string FileChanged = "file_changed";
    public const string SourceFailed = "source_failed";
    public const string ReceiverFailed = "receiver_failed";
    public const string DigestMismatch = "digest_mismatch";
    public const string RelayEnded = "relay_ended";
    public const string Expired = "expired";
    public const string Declined = "declined";
    public const string RightsEnded = "rights_ended";
}
