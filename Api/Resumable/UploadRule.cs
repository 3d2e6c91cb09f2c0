using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>What an upload must be for a request to do anything with it; each rule with its sentence.</summary>
internal static class UploadRule
{
    private static readonly UploadFailure Unknown = new(UploadError.NotFound, "There is no resumable upload with this id.");

    /// <summary>Those of other protocols have their own addresses.</summary>
    public static UploadFailure? Exists(Upload? upload) => upload is { Protocol: UploadProtocol.Ietf } ? null : Unknown;

    /// <summary>Removed, failed, damaged, or over by the clock: inactive for good (R16, R75).</summary>
    public static UploadFailure? IsActive(Upload upload)
    {
        if (upload.DamagedAt is not null)
            return new(UploadError.Damaged, "Stored bytes of this upload are missing or wrong; begin a new one.") { Upload = upload };
        return upload.State switch
        {
            UploadState.Cancelled => new(UploadError.Cancelled, "The upload was cancelled.") { Upload = upload },
            UploadState.Deleted => new(UploadError.Deleted, "The file was deleted.") { Upload = upload },
            UploadState.Failed => new(UploadError.Failed, $"The upload failed: {upload.StateReason ?? "no reason is recorded"}.") { Upload = upload },
            UploadState.Expired => new(UploadError.Expired, "The upload has expired.") { Upload = upload },
            // Over by the service's own count (E29), whether or not the purge has come by.
            UploadState.Open or UploadState.Paused when upload.IdleFor >= upload.IdleAllowance =>
                new(UploadError.Expired, "The upload has expired.") { Upload = upload },
            _ => null,
        };
    }

    /// <summary>A damaged one too: nobody wants it any more.</summary>
    public static UploadFailure? CanBeRemoved(Upload upload, UploadOptions options)
    {
        if (upload.State == UploadState.Completed && !options.DeleteFinished)
            return new(UploadError.AlreadyCompleted, "The upload is finished, and finished uploads are not deleted from here.") { Upload = upload };
        return upload.DamagedAt is null ? IsActive(upload) : null;
    }
}
