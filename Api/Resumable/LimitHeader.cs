using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// <c>Upload-Limit</c> as it holds now. None of it gets stricter while an upload lives (R25): sizes are settings, and its end only
/// moves on.
/// </summary>
internal sealed class LimitHeader(ResumableOptions options, UploadOptions uploads)
{
    /// <param name="upload">Null: what holds for uploads in general.</param>
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
