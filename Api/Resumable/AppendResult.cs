using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>The result of appending a request's bytes: a receipt or a failure.</summary>
internal sealed record AppendResult(StreamReceipt? Receipt, UploadFailure? Failure)
{
    /// <param name="most">The maximum number of bytes in this request; null for no limit.</param>
    public static async Task<AppendResult> RunAsync(
        HttpContext context, StreamAppender appender, StreamAppend append, UploadBody body, long? most)
    {
        // An announced length was already checked.
        var bounded = most is { } limit && body.Length is null ? new BoundedBody(body.Reader, limit) : null;
        if (bounded is not null)
            body = body with { Reader = bounded };
        Result<StreamReceipt> result;
        try
        {
            result = await appender.AppendAsync(append, body, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            result = new UploadFailure(UploadError.Interrupted, "The request was interrupted.");
        }
        catch (LedgerUnavailableException exception)
        {
            result = UploadRefusals.Of(exception);
        }

        if (result.Ok)
            return new AppendResult(result.Value, null);
        var failure = result.Failure;
        if (bounded is { Exceeded: true })
        {
            const string advice = "Continue at the offset that this answer names.";
            failure = new UploadFailure(UploadError.TooLarge, $"One request may carry at most {most} bytes. {advice}")
            { Upload = failure.Upload, Offset = failure.Offset };
        }

        return new AppendResult(null, failure);
    }
}
