using ChunkUpload.Core.Uploads;
using StreamWriter = ChunkUpload.Core.Uploads.StreamWriter;

namespace ChunkUpload.Api.Resumable;

/// <summary>The result of appending a request's bytes: a receipt or a failure, and the number of bytes that now count.</summary>
internal sealed record AppendResult(StreamReceipt? Receipt, UploadFailure? Failure, long Bytes)
{
    /// <param name="most">The most bytes that this request may carry; null: no limit.</param>
    public static async Task<AppendResult> RunAsync(
        HttpContext context, StreamWriter writer, StreamAppend append, UploadBody body, long? most)
    {
        // An announced length has been checked already.
        var bounded = most is { } limit && body.Length is null ? new BoundedBody(body.Reader, limit) : null;
        if (bounded is not null)
            body = body with { Reader = bounded };
        Result<StreamReceipt> result;
        try
        {
            result = await writer.AppendAsync(append, body, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            result = new UploadFailure(UploadError.Interrupted, "The request was interrupted.");
        }
        catch (LedgerUnavailableException)
        {
            result = new UploadFailure(UploadError.LedgerUnavailable, "The database cannot be reached now; what was acknowledged is safe.");
        }

        if (result.Ok)
            return new AppendResult(result.Value, null, Math.Max(0, result.Value.Offset - append.Offset));
        var failure = result.Failure;
        if (bounded is { Exceeded: true })
            failure = new UploadFailure(UploadError.TooLarge,
                $"One request brings at most {most} bytes here; go on behind what is kept.")
            {
                Upload = failure.Upload,
                Offset =
                    failure.Offset
            };
        return new AppendResult(
            null, failure, KeepsReceivedBytes(failure.Error) && failure.Offset is { } offset ? Math.Max(0, offset - append.Offset) : 0);
    }

    private static bool KeepsReceivedBytes(UploadError error) =>
        error is UploadError.Interrupted or UploadError.MalformedBody or UploadError.IdleTimeout or UploadError.TakenOver
        or UploadError.Stopping or UploadError.NoSpace or UploadError.TooLarge;
}
