using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>What an upload must be for a request to do anything with it; each rule with its sentence.</summary>
internal static class UploadRule
{
    private static readonly UploadFailure Unknown = new(UploadError.NotFound, "There is no tus upload with this id.");

    /// <summary>Those of other protocols have their own addresses.</summary>
    public static UploadFailure? Exists(Upload? upload) => upload is { Protocol: UploadProtocol.Tus } ? null : Unknown;

    /// <summary>Removed, failed, or over by the clock: told as gone for as long as it is remembered (T33, T129).</summary>
    public static UploadFailure? IsNotOver(Upload upload)
    {
        if (upload.DamagedAt is not null)
            return new(UploadError.Damaged, "Stored bytes of this upload are missing or wrong; begin a new one.") { Upload = upload };
        return upload.State switch
        {
            UploadState.Cancelled => new(UploadError.Cancelled, "The upload was terminated.") { Upload = upload },
            UploadState.Deleted => new(UploadError.Deleted, "The file was deleted.") { Upload = upload },
            UploadState.Failed => new(UploadError.Failed, $"The upload failed: {upload.StateReason ?? "no reason is recorded"}.") { Upload = upload },
            UploadState.Expired => new(UploadError.Expired, "The upload has expired.") { Upload = upload },
            _ when upload.IsOver => new(UploadError.Expired, "The upload has expired.") { Upload = upload },
            _ => null,
        };
    }

    /// <summary>A damaged one too: nobody wants it any more (T133, T138).</summary>
    public static UploadFailure? CanBeRemoved(Upload upload, UploadOptions options)
    {
        if (upload.State == UploadState.Completed && !upload.IsPart && !options.DeleteFinished)
            return new(UploadError.AlreadyCompleted, "The upload is finished, and finished uploads are not deleted from here.") { Upload = upload };
        return upload.DamagedAt is null ? IsNotOver(upload) : null;
    }

    /// <summary>Finished, and not one of the parts, which are no files of their own (T148).</summary>
    public static UploadFailure? IsFile(Upload upload)
    {
        if (upload.IsPart)
            return new(UploadError.NotFound, "A partial upload is no file of its own; download the final upload.");
        return upload.State == UploadState.Completed ? null : new(UploadError.NotCompleted, "The upload is not complete yet.") { Upload = upload };
    }

    /// <summary>T145.</summary>
    public static UploadFailure? IsNotFinal(Upload upload) => ProtocolState.IsFinal(upload)
        ? new(UploadError.Joined, "A final upload is made of its partial uploads and takes no bytes itself.") { Upload = upload }
        : null;
}
