using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>What an upload must be for a request to do anything with it; each rule with its sentence.</summary>
internal static class UploadRule
{
    private static readonly UploadFailure Unknown = new(UploadError.NotFound, "There is no tus upload with this id.");

    /// <summary>Those of other protocols have their own addresses.</summary>
    public static UploadFailure? Exists(Upload? upload) => upload is { Protocol: UploadProtocol.Tus } ? null : Unknown;

    /// <summary>A damaged one too: nobody wants it any more (T133, T138).</summary>
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

    /// <summary>Finished, and not one of the parts, which are no files of their own (T148).</summary>
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
