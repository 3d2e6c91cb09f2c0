using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>The preconditions that more than one actor asks, each with its sentence.</summary>
internal static class UploadRules
{
    /// <summary>Why the upload takes no bytes now, or null.</summary>
    public static UploadFailure? RefuseBytes(Upload upload, UploadProtocol protocol) => upload.Protocol == protocol
        ? UploadRefusals.OfState(upload)
        : new(UploadError.WrongProtocol, "This upload was begun by another protocol; go on with that one.") { Upload = upload };

    public static UploadFailure Over(Upload upload) =>
        new(UploadError.Expired, $"The part {upload.Id} went too long without a byte and is over; send it again.") { Upload = upload };

    public static UploadFailure Of(StoreException exception, Upload? upload) => UploadRefusals.Of(exception.Error, upload);

    public static UploadFailure Of(RecordAnswer answer, ByteRange range) => answer.Outcome switch
    {
        RecordOutcome.Overlap => new(
            UploadError.Overlap, $"Other bytes were received inside {range.Offset}-{range.End - 1} already.")
        { Upload = answer.Upload },
        RecordOutcome.BeyondSize => new(UploadError.BeyondSize,
            $"The chunk would end at {range.End}, beyond the size of {answer.Upload?.Size} bytes.")
        { Upload = answer.Upload },
        RecordOutcome.Conflict => new(UploadError.OffsetConflict,
            "Another request has moved this upload on; ask for its offset.")
        {
            Upload = answer.Upload,
            Offset =
                answer.Upload?.ReceivedBytes
        },
        RecordOutcome.Fenced =>
            new(UploadError.Stopping, "Another process has taken this one's place; try again.") { Upload = answer.Upload },
        _ when answer.Upload is null => new(UploadError.NotFound, "The upload is gone."),
        _ => RefuseBytes(answer.Upload, answer.Upload.Protocol)
            ?? new(UploadError.OffsetConflict, "The upload changed meanwhile; ask for its status.") { Upload = answer.Upload },
    };
}
