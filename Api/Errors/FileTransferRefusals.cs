using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Errors;

/// <summary>Maps the outcomes of refused operations on file transfers to responses.</summary>
internal static class FileTransferRefusals
{
    // A transfer without room or receiver can be retried soon; one over the daily limit later.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchTransfer, "You see no transfer with this id in this project. GET /api/projects/{id}/transfers lists them.");

    /// <returns><c>null</c> for a success.</returns>
    public static Refusal? Of(FileTransferOutcome outcome, TimeSpan? pause = null) => outcome switch
    {
        FileTransferOutcome.Ok => null,
        FileTransferOutcome.Absent => Absent,
        FileTransferOutcome.NotSource => Refusal.Of(
            RequestError.NotPermitted, "Only the device that has the file, with its own key, or its user for an answer, may do that."),
        FileTransferOutcome.NotRequester => Refusal.Of(RequestError.NotPermitted, "Only the member who asked for the file may do that."),
        FileTransferOutcome.Ended => Refusal.Of(
            RequestError.TransferEnded, "The transfer is completed, failed or cancelled. POST …/retry begins a failed one anew."),
        FileTransferOutcome.NotApproved => Refusal.Of(
            RequestError.NotApproved, "The device's user has not approved the transfer; leave it alone until then."),
        FileTransferOutcome.AttemptOver => Refusal.Of(
            RequestError.AttemptOver, "Another attempt has begun, or this one has ended. Read the transfer again."),
        FileTransferOutcome.Claimed => Refusal.Of(
            RequestError.TransferClaimed,
            "Your agent has not claimed this attempt. Claim it with PATCH {\"status\":\"in_progress\"}, unless another agent has."),
        FileTransferOutcome.ReceiverAway => Wait(
            RequestError.ReceiverAway, "The member who asked for the file is not connected. Send it when the member is back.", Soon),
        FileTransferOutcome.NoRoom => Wait(
            RequestError.NoRelayRoom, "Other files lie on the service for this member; this one begins when there is room.", Soon),
        FileTransferOutcome.DayUsedUp => Wait(
            RequestError.DayUsedUp, "The bytes that the device sends to this member in a day do not suffice for the file.", pause ?? Later),
        FileTransferOutcome.NotSent => Wait(
            RequestError.NotSent, "The service does not have the whole, verified file yet.", TimeSpan.FromSeconds(1)),
        FileTransferOutcome.DigestMismatch => Refusal.Of(
            RequestError.HashMismatch, "The hash is not that of the file: fetch it once more as a whole, then give the transfer up."),
        FileTransferOutcome.TooManyBytes => Refusal.Of(
            RequestError.InvalidField, "bytes_transferred is more than the file has."),
        FileTransferOutcome.NotFailed => Refusal.Of(
            RequestError.NotFailed, "Only a failed transfer begins anew; ask for the file again with POST …/files/download."),
        FileTransferOutcome.Answered => Refusal.Of(
            RequestError.AnsweredAlready, "The request was answered otherwise already."),
        FileTransferOutcome.DeclinedLately => Wait(
            RequestError.DeclinedLately, "The device's user has declined; ask again an hour after that.", pause ?? Hour),
        FileTransferOutcome.NoFile => Refusal.Of(
            RequestError.NoSuchFile, "No device serves a file at this path now. GET …/files-paginated lists the files."),
        FileTransferOutcome.Changed => Refusal.Of(
            RequestError.FileChanged, "The file is another version than the one that was asked for. Read the list again."),
        FileTransferOutcome.StraightOnly => Refusal.Of(
            RequestError.StraightOnly,
            "The file goes straight from device to device, and not through the service. Fetch it with cu project get, on a computer that "
                + "reaches the device."),
        FileTransferOutcome.NeverSent => Refusal.Of(
            RequestError.NotPermitted, "The user of the device that serves this folder does not send you its files."),
        FileTransferOutcome.TooLarge => Refusal.Of(
            RequestError.TooLargeForRelay, "The file is larger than what may lie on the service for a member (Projects:RelayBytes)."),
        FileTransferOutcome.BatchTooLarge => Refusal.Of(
            RequestError.TooManyTransfers, "More than 10,000 files are below this folder; ask for folders in it."),
        _ => Refusal.Of(
            RequestError.TooManyTransfers, "You have 10,000 open requests for files; wait for some of them, or cancel them."),
    };

    private static Refusal Wait(RequestError error, string detail, TimeSpan pause) =>
        Refusal.Of(new RequestFailure(error, detail) { RetryAfter = pause });
}
