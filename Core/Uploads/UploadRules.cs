using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>The preconditions that more than one actor asks, each with its sentence.</summary>
internal static class UploadRules
{
    public static UploadFailure NotFound(UploadId id) => new(UploadError.NotFound, $"There is no upload {id}.");

    /// <summary>Why the upload takes no bytes now, or null.</summary>
    public static UploadFailure? RefuseBytes(Upload upload, UploadProtocol protocol)
    {
        if (upload.Protocol != protocol)
            return new(UploadError.WrongProtocol, "This upload was begun by another protocol; go on with that one.") { Upload = upload };
        if (upload.DamagedAt is not null)
            return Damaged(upload);
        return upload.State switch
        {
            UploadState.Open => null,
            UploadState.Paused => new(UploadError.Paused, "The session is paused; resume it first.") { Upload = upload },
            UploadState.Completing => new(UploadError.Completing, "The session is being completed; ask for its status.") { Upload = upload },
            UploadState.Completed => new(UploadError.AlreadyCompleted, "The upload is complete and takes no more bytes.") { Upload = upload },
            _ => Ended(upload),
        };
    }

    public static UploadFailure Ended(Upload upload) => upload.State switch
    {
        UploadState.Cancelled => new(UploadError.Cancelled, "The upload was cancelled; begin a new one.") { Upload = upload },
        UploadState.Expired => new(UploadError.Expired, "The upload went too long without a byte and was removed; begin a new one.") { Upload = upload },
        UploadState.Deleted => new(UploadError.Deleted, "The file was deleted.") { Upload = upload },
        _ => new(UploadError.Failed, $"The upload failed ({upload.StateReason ?? "no reason recorded"}); begin a new one.") { Upload = upload },
    };

    public static UploadFailure Over(Upload upload) =>
        new(UploadError.Expired, $"The part {upload.Id} went too long without a byte and is over; send it again.") { Upload = upload };

    public static UploadFailure Damaged(Upload upload) =>
        new(UploadError.Damaged, "Stored bytes of this upload are missing or wrong; it is kept aside until the operator has mended it.") { Upload = upload };

    public static UploadFailure Of(StoreException exception, Upload? upload) => exception.Error switch
    {
        StoreError.NoSpace => new(UploadError.NoSpace, "The disk has no room for these bytes; try again when there is space.") { Upload = upload },
        StoreError.FlushFailed or StoreError.Degraded =>
            new(UploadError.StoreDegraded, "The volume takes no writes at the moment; what was acknowledged is safe, try again later.") { Upload = upload },
        _ => new(UploadError.StorageFailed, "The bytes could not be stored; try again.") { Upload = upload },
    };

    public static UploadFailure Of(RecordAnswer answer, ByteRange range) => answer.Outcome switch
    {
        RecordOutcome.Overlap => new(UploadError.Overlap, $"Other bytes were received inside {range.Offset}-{range.End - 1} already.") { Upload = answer.Upload },
        RecordOutcome.BeyondSize => new(UploadError.BeyondSize, $"The chunk would end at {range.End}, beyond the size of {answer.Upload?.Size} bytes.") { Upload = answer.Upload },
        RecordOutcome.Conflict => new(UploadError.OffsetConflict, "Another request has moved this upload on; ask for its offset.") { Upload = answer.Upload, Offset = answer.Upload?.ReceivedBytes },
        RecordOutcome.Fenced => new(UploadError.Stopping, "Another process has taken this one's place; try again.") { Upload = answer.Upload },
        _ when answer.Upload is null => new(UploadError.NotFound, "The upload is gone."),
        _ => RefuseBytes(answer.Upload, answer.Upload.Protocol) ?? new(UploadError.OffsetConflict, "The upload changed meanwhile; ask for its status.") { Upload = answer.Upload },
    };
}
