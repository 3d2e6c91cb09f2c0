using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Builds <c>Upload-Limit</c>. No limit gets stricter during an upload (R25): a declared size stays allowed, and the expiry can only be
/// extended. If uploads are received into the bucket, a smallest request is named that is not enforced: what a smaller one brings becomes a
/// small object.
/// </summary>
internal sealed class LimitHeader(ResumableOptions options, UploadOptions uploads, Admission admission, SharedReception reception)
    : IRefusalHeader
{
    /// <param name="upload">The upload; null for the general limits.</param>
    /// <param name="caller">The caller; null for the limits of the service if the request is not authenticated.</param>
    public string Text(Dialect dialect, Upload? upload, Caller? caller) => LimitField.Write(
        new UploadLimits
        {
            MaxSize = Math.Max(caller is null ? uploads.MaxSize : admission.LargestThroughLink(caller), upload?.Size ?? 0),
            MinSize = options.MinSize,
            MaxAppendSize = options.MaxAppendSize,
            MinAppendSize = Math.Max(options.MinAppendSize, Math.Min(reception.LeastRequest, options.MaxAppendSize ?? long.MaxValue)),
            MaxAge = Seconds(upload),
        },
        dialect.AgeKey);

    public void Write(IHeaderDictionary headers, Dialect dialect, Upload? upload, Caller? caller) =>
        headers[ResumableHeaders.UploadLimit] = Text(dialect, upload, caller);

    /// <summary>Sends the limit to a client whose file is too large. Draft clients get it from their own middleware.</summary>
    void IRefusalHeader.Write(HttpContext context, UploadFailure failure, bool goesOn)
    {
        if (context.Response.StatusCode == StatusCodes.Status413PayloadTooLarge
            && context.Features.Get<ErrorProtocol>() is not { Protocol: UploadProtocol.Ietf })
            Write(context.Response.Headers, Dialect.Unnamed, failure.Upload, context.Features.Get<Caller>());
    }

    private long? Seconds(Upload? upload) => upload switch
    {
        null => (long)uploads.IdleExpiry.TotalSeconds,
        { State: UploadState.Open or UploadState.Paused } => Math.Max(0, (long)(upload.IdleAllowance - upload.IdleFor).TotalSeconds),
        _ => null,
    };
}
