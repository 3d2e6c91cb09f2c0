using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>The conditions that tus sets on an upload, each with its error sentence.</summary>
internal static class TusUploadRules
{
    private static readonly UploadFailure Unknown = new(UploadError.NotFound, "There is no tus upload with this id.");

    /// <summary>Uploads of other protocols have their own addresses.</summary>
    public static UploadFailure? Exists(Upload? upload) => upload is { Protocol: UploadProtocol.Tus } ? null : Unknown;

    /// <summary>The upload must be finished and not a part, which is not a file itself (T148).</summary>
    public static UploadFailure? IsFile(Upload upload)
    {
        if (upload.IsPart)
            return new(UploadError.NotFound, "A partial upload is no file of its own; download the final upload.");
        return upload.State == UploadState.Completed ? null : UploadRefusals.NotCompleted(upload);
    }

    /// <summary>Refuses a final upload, which accepts no bytes (T145).</summary>
    public static UploadFailure? IsNotFinal(Upload upload) => ProtocolState.IsFinal(upload)
        ? new(UploadError.Joined, "A final upload is made of its partial uploads and takes no bytes itself.") { Upload = upload }
        : null;
}
