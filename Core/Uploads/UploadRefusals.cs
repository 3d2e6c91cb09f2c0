using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Maps an upload's state, a refusal or the outcome of a record by the ledger, or a storage failure to the error and its sentence, in one
/// place for all protocols.
/// </summary>
public static class UploadRefusals
{
    public static UploadFailure NotFound(UploadId id) => new(UploadError.NotFound, $"There is no upload {id}.");

    /// <summary>Why the upload's state or its damage forbids a change; null while the upload is open.</summary>
    public static UploadFailure? OfState(Upload upload) => upload.State switch
    {
        UploadState.Cancelled or UploadState.Expired or UploadState.Failed or UploadState.Deleted => Ended(upload),
        _ when upload.IsElsewhere => Elsewhere(upload),
        _ when upload.DamagedAt is not null => Damaged(upload),
        UploadState.Paused => new(UploadError.Paused, "The upload is paused; resume it first.") { Upload = upload },
        UploadState.Completing => new(UploadError.Completing, "The upload is being completed; query its status.") { Upload = upload },
        UploadState.Checking => Checking(upload),
        UploadState.Completed => Completed(upload),
        _ => null,
    };

    /// <summary>Why nothing can be done with bytes that are in another store; null where they are here.</summary>
    public static UploadFailure? IfElsewhere(Upload upload) => upload.IsElsewhere ? OfState(upload) : null;

    /// <summary>Why the upload takes no bytes now, or null.</summary>
    public static UploadFailure? RefuseBytes(Upload upload, UploadProtocol protocol) => upload.Protocol == protocol
        ? OfState(upload)
        : new(UploadError.WrongProtocol, "This upload belongs to another protocol; continue with that protocol.") { Upload = upload };

    /// <summary>
    /// Why the upload has ended; null while it can continue or is finished. An upload counts as expired as soon as its idle time is used
    /// up, even before the purge.
    /// </summary>
    public static UploadFailure? IfGone(Upload upload) => upload switch
    {
        { IsLive: false, State: not UploadState.Completed } => Ended(upload),
        { DamagedAt: not null } => Damaged(upload),
        { HasExpired: true } => Expired(upload),
        _ => null,
    };

    /// <summary>
    /// Why a request of a protocol cannot remove the upload, or null. A damaged upload can be removed, as no client needs it any more.
    /// </summary>
    public static UploadFailure? IfNotRemovable(Upload upload, UploadOptions options)
    {
        if (upload.State == UploadState.Completed && !upload.IsPart && !options.DeleteFinished)
        {
            return new(UploadError.AlreadyCompleted, "The upload is finished, and finished uploads are not deleted from here.")
            { Upload = upload };
        }

        return upload.DamagedAt is null ? IfGone(upload) : null;
    }

    /// <summary>The refusal for an upload that has ended without becoming a file, or whose file was deleted.</summary>
    public static UploadFailure Ended(Upload upload) => upload.State switch
    {
        UploadState.Cancelled => new(UploadError.Cancelled, "The upload was cancelled; start a new one.") { Upload = upload },
        UploadState.Expired => Expired(upload),
        UploadState.Deleted => new(UploadError.Deleted, "The file was deleted.") { Upload = upload },
        _ when CheckRefusal.Of(upload.StateReason) is { } refusal => refusal with { Upload = upload },
        _ => new(UploadError.Failed, $"The upload failed ({upload.StateReason ?? "no reason recorded"}); start a new one.")
        { Upload = upload },
    };

    public static UploadFailure Expired(Upload upload) =>
        new(UploadError.Expired, "The upload has expired because no byte arrived for too long; start a new one.") { Upload = upload };

    public static UploadFailure PartExpired(Upload upload) =>
        new(UploadError.Expired,
            $"The part {upload.Id} has expired because no byte arrived for too long; send it again.")
        { Upload = upload };

    public static UploadFailure Damaged(Upload upload) =>
        new(UploadError.Damaged, "Stored bytes of this upload are missing or wrong; start a new one, or ask the operator to restore them.")
        { Upload = upload };

    public static UploadFailure Elsewhere(Upload upload) => StoreRefusals.Elsewhere(upload);

    /// <summary>The refusal for a request for a file that is not complete yet.</summary>
    public static UploadFailure NotCompleted(Upload upload) => upload.State == UploadState.Checking
        ? Checking(upload)
        : new(UploadError.NotCompleted, "The file is not complete yet.") { Upload = upload };

    public static UploadFailure Completed(Upload upload) =>
        new(UploadError.AlreadyCompleted, "The upload is complete and takes no more bytes.") { Upload = upload };

    private static UploadFailure Checking(Upload upload) =>
        new(UploadError.Checking, "All bytes are there, and the file is being checked; ask again in a moment.") { Upload = upload };

    /// <summary>Why the ledger refused a change. The words are those of its functions.</summary>
    public static UploadFailure Of(string reason, Upload? upload) => OfReason(reason, upload) with { Upload = upload };

    private static UploadFailure OfReason(string reason, Upload? upload) => reason switch
    {
        "state" => OfState(upload!) ?? throw new InvalidOperationException($"An upload that is {upload!.State} was refused."),
        "damaged" => Damaged(upload!),
        "not_found" => new(UploadError.NotFound, "There is no such upload."),
        "busy" => new(UploadError.Completing, "The upload is being completed with another SHA-256; try again after that has ended."),
        "taken_over" => new(UploadError.TakenOver, $"A newer request took over; {upload!.ReceivedBytes} bytes are kept.")
        { Offset = upload.ReceivedBytes },
        "mismatch" => new(UploadError.IdempotencyMismatch, "This idempotency key was used for another request; use a new key."),
        "wrong_protocol" => new(UploadError.WrongProtocol, "Ranges can be deleted only from an upload that was sent in chunks."),
        "overlap" => new(UploadError.Overlap, "A chunk lies only partly inside the range; widen the range to whole chunks."),
        "no_such_range" => new(UploadError.NoSuchRange, "No chunk lies inside the range."),
        "size_unknown" => new(UploadError.SizeUnknown, "The upload's size is not known; declare it."),
        "size_mismatch" => new(UploadError.SizeMismatch, upload!.Size is { } size
            ? $"The upload has {size} bytes, but another size was declared."
            : "Bytes beyond the declared size were received."),
        "missing" => new(UploadError.MissingRanges, "Bytes are missing."),
        "completed" => new(UploadError.AlreadyCompleted, "The upload is complete; delete the file instead."),
        "not_completed" => new(UploadError.NotCompleted, "The file is not complete yet; cancel its upload instead."),
        "part_missing" => new(UploadError.NotFound, "One of the parts does not exist."),
        "not_a_part" => new(UploadError.PartsMismatch, "One of the parts was not created as a part."),
        "part_unfinished" => new(UploadError.PartsMismatch, "One of the parts is not complete yet."),
        "too_large" => new(UploadError.TooLarge, "The parts together are larger than the largest upload that is allowed."),
        "digest_fixed" => new(UploadError.FileDigestMismatch, "Another SHA-256 was already declared for this upload."),
        "digest_mismatch" => new(UploadError.FileDigestMismatch, "The SHA-256 of the received bytes is not the declared one."),
        "published" => new(UploadError.Published, "The upload is the content of a file in the tree; delete that file instead."),
        "link_closed" => new(UploadError.LinkClosed, "This link has ended; ask for another one."),
        "link_size" => new(UploadError.LinkSize, "The file is larger than this link allows."),
        "link_files" => new(UploadError.LinkFiles, "This link takes no more files; cancel an unfinished one, or ask for another link."),
        "link_bytes" => new(UploadError.LinkBytes,
            "This link does not have enough bytes left for the file; send a smaller one, or ask for another link."),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };

    /// <summary>The refusal for a record that the ledger did not accept.</summary>
    /// <param name="range">The bytes that were to be recorded.</param>
    public static UploadFailure Of(RecordResult result, ByteRange range) => result.Outcome switch
    {
        RecordOutcome.Overlap => new(
            UploadError.Overlap, $"Other bytes were already received inside {range.Offset}-{range.End - 1}; query the missing ranges.")
        { Upload = result.Upload },
        RecordOutcome.BeyondSize => new(UploadError.BeyondSize,
            $"The chunk would end at {range.End}, beyond the size of {result.Upload?.Size} bytes.")
        { Upload = result.Upload },
        RecordOutcome.Conflict => new(UploadError.OffsetConflict,
            "Another request has advanced this upload; query its offset.")
        { Upload = result.Upload, Offset = result.Upload?.ReceivedBytes },
        RecordOutcome.Fenced => Replaced(result.Upload),
        RecordOutcome.OverLimit => result.Failure!,
        _ when result.Upload is null => new(UploadError.NotFound, "The upload is gone."),
        _ => RefuseBytes(result.Upload, result.Upload.Protocol)
            ?? new(UploadError.OffsetConflict, "The upload changed meanwhile; query its status.") { Upload = result.Upload },
    };

    public static UploadFailure Of(LedgerUnavailableException exception) => exception switch
    {
        ProcessReplacedException => Replaced(null),
        LedgerBusyException busy => new(UploadError.LedgerUnavailable, busy.Message),
        _ => new(UploadError.LedgerUnavailable, "The database cannot be reached now. Acknowledged bytes are safe; try again later."),
    };

    /// <summary>The refusal of a process that a newer one has fenced.</summary>
    public static UploadFailure Replaced(Upload? upload) =>
        new(UploadError.Stopping, "Another process has replaced this one; try again.") { Upload = upload };

    public static UploadFailure Of(StoreException exception, Upload? upload) => StoreRefusals.Of(exception.Error, upload);
}
