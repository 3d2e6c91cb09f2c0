using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Projects;

public enum FileTransferStatus
{
    /// <summary>It waits for an answer, or for the device.</summary>
    Pending = 1,

    /// <summary>An agent has claimed its attempt.</summary>
    InProgress,
    Completed,
    Failed,
    Cancelled,
}

public enum FileAnswer
{
    Waiting = 1,
    Approved,
    Declined,
}

/// <summary>The path on which the bytes of a file are sent.</summary>
public enum FileWay
{
    /// <summary>Through the service.</summary>
    Relay = 1,

    /// <summary>From device to device.</summary>
    Straight,

    /// <summary>From device to device, over an overlay network such as WireGuard.</summary>
    Overlay,
}

/// <summary>
/// A transfer of a file that a member of a project has requested from a device. Only the requester and the device's user see it.
/// </summary>
/// <param name="Requester">The subject of the member.</param>
/// <param name="Path">The path in the project.</param>
/// <param name="Source">The device that has the file.</param>
public sealed record FileTransfer(Guid Id, string Tenant, Guid Project, string Requester, string Path, ProjectDevice Source)
{
    public FileTransferStatus Status { get; init; }

    public FileAnswer Answer { get; init; }

    /// <summary>The number of the attempt, from 1.</summary>
    public int Attempt { get; init; }

    /// <summary>The agent that has the attempt.</summary>
    public Guid? Claim { get; init; }

    /// <summary>The upload that relays the attempt. Several transfers of one version share it.</summary>
    public UploadId? Relay { get; init; }

    /// <summary>The ranges of the file that are relayed, because the receiver has the rest; <c>null</c> for all of it.</summary>
    public IReadOnlyList<ByteRange>? RelayRanges { get; init; }

    /// <summary>The size of the upload that relays it.</summary>
    public long RelaySize => RelayRanges?.Sum(range => range.Length) ?? Size;

    /// <summary>The batch that the transfer is part of.</summary>
    public Guid? Batch { get; init; }

    /// <summary>The way of the attempt, from its claim on.</summary>
    public FileWay Way { get; init; } = FileWay.Relay;

    /// <summary>Why the bytes are relayed by the service, as a code.</summary>
    public string? WayReason { get; init; }

    public Guid Folder { get; init; }

    /// <summary>The SHA-256; <c>null</c> until it is known.</summary>
    public byte[]? Hash { get; init; }

    public long Size { get; init; }

    public string MimeType { get; init; } = "";

    /// <summary>The time of the file's last change; together with the size it identifies the requested version.</summary>
    public DateTimeOffset ModifiedAt { get; init; }

    /// <summary>The bytes that have been received from the device.</summary>
    public long Moved { get; init; }

    /// <summary>Gets a value that indicates whether the device has reported that it has sent everything.</summary>
    public bool IsSent { get; init; }

    /// <summary>Why the last claim was refused: <c>room</c>, <c>day</c> or <c>straight</c>.</summary>
    public string? Waits { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public DateTimeOffset RequestedAt { get; init; }

    /// <summary>The time of the claim.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The time at which the transfer ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The time at which the transfer expires.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The key of the device that is to receive it; <c>null</c> for any client of the requester.</summary>
    public Guid? TargetKey { get; init; }

    /// <summary>The display name of the requester.</summary>
    public string RequesterName { get; init; } = "";

    public bool IsOpen => Status is FileTransferStatus.Pending or FileTransferStatus.InProgress;

    public bool IsAskedBy(Caller caller) => caller.Subject == Requester;

    /// <summary>
    /// Returns the offset of a range of the file in the relayed bytes; <c>null</c> if the range is not completely relayed.
    /// </summary>
    public long? OffsetInRelay(ByteRange range)
    {
        if (RelayRanges is null)
            return range.Offset;
        var before = 0L;
        foreach (var relayed in RelayRanges)
        {
            if (relayed.Offset <= range.Offset && range.End <= relayed.End)
                return before + range.Offset - relayed.Offset;
            before += relayed.Length;
        }

        return null;
    }

    /// <summary>Returns whether the request is authenticated by the key of the device that has the file.</summary>
    public bool IsSentBy(Caller caller) => caller.ApiKey == Source.Key;
}

/// <summary>A request of a member for a file.</summary>
/// <param name="Id">The id of the transfer, if one is created.</param>
/// <param name="Hash">The SHA-256 that the file must have; <c>null</c> for any.</param>
/// <param name="Target">The requester's own device that is to receive it.</param>
/// <param name="IsStraight">Whether the requester's device can fetch the file directly from the other device.</param>
public sealed record WantedFile(Guid Id, Caller Caller, Guid Project, string Path, byte[]? Hash, Guid? Target, bool IsStraight);

/// <summary>An agent's claim of an attempt.</summary>
/// <param name="Claim">The agent.</param>
/// <param name="IsReceiverThere">Whether the receiver is online.</param>
/// <param name="WhyNotStraight">Why the file cannot be sent directly; <c>null</c> if it can.</param>
public sealed record FileClaim(int Attempt, Guid Claim, bool IsReceiverThere, string? WhyNotStraight);

/// <summary>The outcome of asking for a file.</summary>
/// <param name="Id">The transfer.</param>
/// <param name="Hash">The file's current SHA-256, if it is a different one.</param>
/// <param name="Pause">The time after which a refused file may be requested again.</param>
public sealed record AskedFile(FileTransferOutcome Outcome, Guid? Id, byte[]? Hash, TimeSpan? Pause);

/// <summary>Which transfers to list.</summary>
public enum FileTransferList
{
    /// <summary>All transfers that the caller sees, the newest first.</summary>
    All = 1,

    /// <summary>The transfers that the caller has requested, the newest first.</summary>
    Asked,

    /// <summary>The approved transfers of the caller's device, the oldest of each member in turn.</summary>
    Serving,

    /// <summary>The transfers that wait for the caller's answer, the oldest first.</summary>
    Requests,
}

/// <param name="Statuses">Empty for all.</param>
/// <param name="After">The last row of the previous page.</param>
public sealed record FileTransferQuery(
    FileTransferList List, IReadOnlyCollection<FileTransferStatus> Statuses, (DateTimeOffset Time, Guid Id)? After, int Most)
{
    /// <summary>Only the transfers of this batch, by their paths.</summary>
    public Guid? Batch { get; init; }

    /// <summary>The path of the last row of the previous page, in a batch.</summary>
    public string? AfterPath { get; init; }

    /// <summary>Only the transfers that are in no batch.</summary>
    public bool IsSingle { get; init; }
}

/// <summary>A report of the source or the receiver about a transfer.</summary>
public enum FileTransferAct
{
    /// <summary>The source has sent more bytes.</summary>
    Progress = 1,

    /// <summary>The source has sent everything.</summary>
    Sent,

    /// <summary>The source or the receiver cannot continue.</summary>
    Fail,

    /// <summary>The requester has the file, with this digest.</summary>
    Complete,

    /// <summary>The service has sent a whole, verified file to a browser.</summary>
    Served,
    Cancel,
}

public sealed record FileTransferChange(Guid Project, Guid Id, Caller Caller, FileTransferAct Act)
{
    /// <summary>The number of the attempt; <c>null</c> for the current one.</summary>
    public int? Attempt { get; init; }

    public Guid? Claim { get; init; }

    public long? Bytes { get; init; }

    public byte[]? Hash { get; init; }

    public string? Code { get; init; }

    public string? Message { get; init; }
}

/// <summary>The state of a relay.</summary>
/// <param name="Relay"><c>null</c> while nothing was sent in this attempt.</param>
/// <param name="Available">The end of the received bytes that begin at the requested position.</param>
public sealed record RelayState(
    FileTransferStatus Status, int Attempt, UploadId? Relay, UploadState? State, bool IsDamaged, long Received, byte[]? Sha256,
    long Available);

/// <summary>A running transfer whose bytes have moved.</summary>
public sealed record MovedTransfer(Guid Id, string Tenant, string Requester, long Bytes, long Total);

/// <summary>The outcomes of statements on file transfers.</summary>
public enum FileTransferOutcome
{
    Ok = 1,

    /// <summary>The caller sees no such transfer, or is not a member of the project.</summary>
    Absent,
    NotSource,
    NotRequester,

    /// <summary>It is completed, failed or cancelled.</summary>
    Ended,
    NotApproved,
    AttemptOver,

    /// <summary>The attempt is claimed by another agent of the device, or not claimed.</summary>
    Claimed,
    ReceiverAway,

    /// <summary>The bytes stored on the service for the member reach the limit.</summary>
    NoRoom,

    /// <summary>The member's daily limit of bytes is used up.</summary>
    DayUsedUp,
    NotSent,
    DigestMismatch,
    TooManyBytes,
    NotFailed,

    /// <summary>It was already answered differently.</summary>
    Answered,
    DeclinedLately,
    NoFile,

    /// <summary>The file has another version than the named one.</summary>
    Changed,
    StraightOnly,
    NeverSent,
    TooLarge,
    TooMany,

    /// <summary>More files than one request may contain.</summary>
    BatchTooLarge,
}
