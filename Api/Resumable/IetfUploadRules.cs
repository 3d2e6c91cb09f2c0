namespace ChunkUpload.Api.Resumable;

/// <summary>The conditions that the IETF draft sets on an upload, each with its error sentence.</summary>
internal static class IetfUploadRules
{
    private static readonly UploadFailure Unknown = new(UploadError.NotFound, "There is no resumable upload with this id.");

    /// <summary>Uploads of other protocols have their own addresses.</summary>
    public static UploadFailure? Exists(Upload? upload) => upload is { Protocol: UploadProtocol.Ietf } ? null : Unknown;
}
