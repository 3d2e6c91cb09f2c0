using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>What an upload must be for a request to do anything with it; each rule with its sentence.</summary>
internal static class UploadRule
{
    private static readonly UploadFailure Unknown = new(UploadError.NotFound, "There is no resumable upload with this id.");

    /// <summary>Those of other protocols have their own addresses.</summary>
    public static UploadFailure? Exists(Upload? upload) => upload is { Protocol: UploadProtocol.Ietf } ? null : Unknown;

    /// <summary>Includes a damaged upload, which no client needs any more.</summary>
    public static UploadFailure? CanBeRemoved(Upload upload, UploadOptions options)
    {
        if (upload.State == UploadState.Completed && !options.DeleteFinished)
            return new(UploadError.AlreadyCompleted, "The upload is finished, and finished uploads are not deleted from here.")
            {
                Upload =
                upload
            };
        return upload.DamagedAt is null ? UploadRefusals.IfGone(upload) : null;
    }
}
