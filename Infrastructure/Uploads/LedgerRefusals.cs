using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>What the functions' words mean to a client.</summary>
internal static class LedgerRefusals
{
    public static Exception Fenced() =>
        new LedgerUnavailableException("Another process has taken over this volume; this one records nothing any more.");

    public static UploadFailure NotFound() => new(UploadError.NotFound, "There is no such upload.");

    /// <summary>Why the upload's state, or its damage, does not allow it.</summary>
    public static UploadFailure State(Upload upload) => (upload.State switch
    {
        UploadState.Cancelled => new UploadFailure(UploadError.Cancelled, "The upload was cancelled."),
        UploadState.Expired => new UploadFailure(UploadError.Expired, "The upload has expired: no byte came for longer than allowed."),
        UploadState.Failed => new UploadFailure(UploadError.Failed, "The upload has failed."),
        UploadState.Deleted => new UploadFailure(UploadError.Deleted, "The file was deleted."),
        _ when upload.DamagedAt is not null => Damaged(),
        UploadState.Completed => new UploadFailure(UploadError.AlreadyCompleted, "The upload is completed."),
        UploadState.Completing => new UploadFailure(UploadError.Completing, "The upload is being completed."),
        UploadState.Paused => new UploadFailure(UploadError.Paused, "The upload is paused: resume it first."),
        _ => throw new InvalidOperationException($"An upload that is {upload.State} was refused."),
    }) with
    { Upload = upload };

    /// <summary>A word that is not <c>ok</c>.</summary>
    public static UploadFailure Of(string outcome, Upload? upload) => outcome switch
    {
        "fenced" => throw Fenced(),
        "not_found" => NotFound(),
        "state" => State(upload!),
        "busy" => new UploadFailure(UploadError.Completing, "The upload is being completed with another SHA-256: ask again when that is decided.") { Upload = upload },
        "damaged" => Damaged() with { Upload = upload },
        "taken_over" => new UploadFailure(UploadError.TakenOver, $"A newer request took over; {upload!.ReceivedBytes} bytes are kept.") { Upload = upload, Offset = upload.ReceivedBytes },
        "wrong_protocol" => new UploadFailure(UploadError.WrongProtocol, "Only an upload in chunks can take ranges back.") { Upload = upload },
        "overlap" => new UploadFailure(UploadError.Overlap, "A chunk lies only partly inside the range: name all of it.") { Upload = upload },
        "no_such_range" => new UploadFailure(UploadError.NoSuchRange, "No chunk lies inside the range.") { Upload = upload },
        "size_unknown" => new UploadFailure(UploadError.SizeUnknown, "The upload's size is not known: name it.") { Upload = upload },
        "size_mismatch" => new UploadFailure(UploadError.SizeMismatch, upload!.Size is { } size
            ? $"The upload has {size} bytes, and another size was named."
            : "Bytes beyond the named size were received.")
        { Upload = upload },
        "missing" => new UploadFailure(UploadError.MissingRanges, "Bytes are missing.") { Upload = upload },
        "completed" => new UploadFailure(UploadError.AlreadyCompleted, "The upload is completed: delete the file instead.") { Upload = upload },
        "not_completed" => new UploadFailure(UploadError.NotCompleted, "The file is not complete yet: cancel its upload instead.") { Upload = upload },
        "part_missing" => new UploadFailure(UploadError.NotFound, "One of the parts does not exist."),
        "not_a_part" => new UploadFailure(UploadError.PartsMismatch, "One of them was not made as a part."),
        "part_unfinished" => new UploadFailure(UploadError.PartsMismatch, "One of the parts is not complete yet."),
        "too_large" => new UploadFailure(UploadError.TooLarge, "Together the parts are larger than an upload may be here."),
        "digest_fixed" => new UploadFailure(UploadError.FileDigestMismatch, "Another SHA-256 was declared for this upload before.") { Upload = upload },
        "digest_mismatch" => new UploadFailure(UploadError.FileDigestMismatch, "The SHA-256 of the received bytes is not the declared one.") { Upload = upload },
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, null),
    };

    private static UploadFailure Damaged() => new(UploadError.Damaged, "Stored bytes of this upload were found missing or wrong.");
}
