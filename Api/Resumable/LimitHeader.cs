using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Builds <c>Upload-Limit</c>. No limit gets stricter during an upload (R25): the sizes are settings, and the expiry only moves later.
/// </summary>
internal sealed class LimitHeader(ResumableOptions options, UploadOptions uploads)
{
    /// <param name="upload">Null: the limits of uploads in general.</param>
    public string Text(Dialect dialect, Upload? upload) => LimitField.Write(
        new UploadLimits
        {
            MaxSize = uploads.MaxSize,
            MinSize = options.MinSize,
            MaxAppendSize = options.MaxAppendSize,
            MinAppendSize = options.MinAppendSize,
            MaxAge = Seconds(upload),
        },
        dialect.AgeKey);

    public void Write(IHeaderDictionary headers, Dialect dialect, Upload? upload) => headers[ResumableHeaders.UploadLimit] =
        Text(dialect, upload);

    private long? Seconds(Upload? upload) => upload switch
    {
        null => (long)uploads.IdleExpiry.TotalSeconds,
        { State: UploadState.Open or UploadState.Paused } => Math.Max(0, (long)(upload.IdleAllowance - upload.IdleFor).TotalSeconds),
        _ => null,
    };
}
