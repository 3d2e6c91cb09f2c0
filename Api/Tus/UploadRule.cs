using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>The conditions on an upload, each with its error sentence.</summary>
internal static class UploadRule
{
    private static readonly UploadFailure Unknown = new(UploadError.NotFound, "There is no tus upload with this id.");

    /// <summary>Uploads of other protocols have their own addresses.</summary>
    public static UploadFailure? Exists(Upload? upload) => upload is { Protocol: UploadProtocol.Tus } ? null : Unknown;

    /// <summary>A damaged upload can be removed too (T133, T138).</summary>
    public static UploadFailure? CanBeRemoved(Upload upload, UploadOptions options)
    {
        if (upload.State == UploadState.Completed && !upload.IsPart && !options.DeleteFinished)
            return new(UploadError.AlreadyCompleted, "The upload is finished, and finished uploads are not deleted from here.")
            {
                Upload =
                upload
            };
        return upload.DamagedAt is null ? UploadRefusals.IfGone(upload) : null;
    }

    /// <summary>The upload must be finished and not a part, which is no file of its own (T148).</summary>
    public static UploadFailure? IsFile(Upload upload)
    {
        if (upload.IsPart)
            return new(UploadError.NotFound, "A partial upload is no file of its own; download the final upload.");
        return upload.State == UploadState.Completed ? null : UploadRefusals.NotCompleted(upload);
    }

    /// <summary>T145.</summary>
    public static UploadFailure? IsNotFinal(Upload upload) => ProtocolState.IsFinal(upload)
        ? new(UploadError.Joined, "A final upload is made of its partial uploads and takes no bytes itself.") { Upload = upload }
        : null;
}
