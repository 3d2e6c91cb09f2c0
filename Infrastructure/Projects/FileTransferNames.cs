using ChunkUpload.Core.Projects;

namespace ChunkUpload.Infrastructure.Projects;

/// <summary>The names of file transfer values in the database.</summary>
internal static class FileTransferNames
{
    public static string Of(FileTransferStatus status) => status switch
    {
        FileTransferStatus.Pending => "pending",
        FileTransferStatus.InProgress => "in_progress",
        FileTransferStatus.Completed => "completed",
        FileTransferStatus.Failed => "failed",
        _ => "cancelled",
    };

    public static FileTransferStatus Status(string word) => word switch
    {
        "pending" => FileTransferStatus.Pending,
        "in_progress" => FileTransferStatus.InProgress,
        "completed" => FileTransferStatus.Completed,
        "failed" => FileTransferStatus.Failed,
        "cancelled" => FileTransferStatus.Cancelled,
        _ => throw new InvalidOperationException($"There is no status {word}."),
    };

    public static FileAnswer Answer(string word) => word switch
    {
        "waiting" => FileAnswer.Waiting,
        "approved" => FileAnswer.Approved,
        "declined" => FileAnswer.Declined,
        _ => throw new InvalidOperationException($"There is no approval {word}."),
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
        "relay" => FileWay.Relay,
        _ => throw new InvalidOperationException($"There is no way {word}."),
    };

    public static string Of(FileTransferAct act) => act switch
    {
        FileTransferAct.Progress => "progress",
        FileTransferAct.Sent => "sent",
        FileTransferAct.Fail => "fail",
        FileTransferAct.Complete => "complete",
        FileTransferAct.Served => "served",
        _ => "cancel",
    };

    public static FileTransferOutcome Outcome(string? word) => word switch
    {
        "ok" or "same" => FileTransferOutcome.Ok,
        "absent" => FileTransferOutcome.Absent,
        "not_source" => FileTransferOutcome.NotSource,
        "not_requester" => FileTransferOutcome.NotRequester,
        "ended" => FileTransferOutcome.Ended,
        "not_approved" => FileTransferOutcome.NotApproved,
        "attempt_over" => FileTransferOutcome.AttemptOver,
        "claimed" => FileTransferOutcome.Claimed,
        "receiver_away" => FileTransferOutcome.ReceiverAway,
        "room" => FileTransferOutcome.NoRoom,
        "day" => FileTransferOutcome.DayUsedUp,
        "not_sent" => FileTransferOutcome.NotSent,
        "digest_mismatch" => FileTransferOutcome.DigestMismatch,
        "too_many_bytes" => FileTransferOutcome.TooManyBytes,
        "not_failed" => FileTransferOutcome.NotFailed,
        "answered" => FileTransferOutcome.Answered,
        "declined" => FileTransferOutcome.DeclinedLately,
        "no_file" => FileTransferOutcome.NoFile,
        "changed" => FileTransferOutcome.Changed,
        "straight" => FileTransferOutcome.StraightOnly,
        "never" => FileTransferOutcome.NeverSent,
        "too_large" => FileTransferOutcome.TooLarge,
        "too_many" => FileTransferOutcome.TooMany,
        "batch" => FileTransferOutcome.BatchTooLarge,
        "fenced" => throw new ProcessReplacedException(),
        _ => throw new InvalidOperationException($"There is no outcome {word}."),
    };
}
