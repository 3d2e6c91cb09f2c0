using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>Preconditions that several classes share, each with its error sentence.</summary>
internal static class UploadRules
{
    /// <summary>Why the upload takes no bytes now, or null.</summary>
    public static UploadFailure? RefuseBytes(Upload upload, UploadProtocol protocol) => upload.Protocol == protocol
        ? UploadRefusals.OfState(upload)
        : new(UploadError.WrongProtocol, "This upload belongs to another protocol; continue with that protocol.") { Upload = upload };

    public static UploadFailure PartExpired(Upload upload) =>
        new(UploadError.Expired,
            $"The part {upload.Id} has expired because no byte arrived for too long; send it again.")
        { Upload = upload };

    public static UploadFailure Of(StoreException exception, Upload? upload) => UploadRefusals.Of(exception.Error, upload);

    public static UploadFailure Of(RecordAnswer answer, ByteRange range) => answer.Outcome switch
    {
        RecordOutcome.Overlap => new(
            UploadError.Overlap, $"Other bytes were already received inside {range.Offset}-{range.End - 1}; query the missing ranges.")
        { Upload = answer.Upload },
        RecordOutcome.BeyondSize => new(UploadError.BeyondSize,
            $"The chunk would end at {range.End}, beyond the size of {answer.Upload?.Size} bytes.")
        { Upload = answer.Upload },
        RecordOutcome.Conflict => new(UploadError.OffsetConflict,
            "Another request has advanced this upload; query its offset.")
        { Upload = answer.Upload, Offset = answer.Upload?.ReceivedBytes },
        RecordOutcome.Fenced => UploadRefusals.Replaced(answer.Upload),
        RecordOutcome.OverLimit => answer.Failure!,
        _ when answer.Upload is null => new(UploadError.NotFound, "The upload is gone."),
        _ => RefuseBytes(answer.Upload, answer.Upload.Protocol)
            ?? new(UploadError.OffsetConflict, "The upload changed meanwhile; query its status.") { Upload = answer.Upload },
    };
}
