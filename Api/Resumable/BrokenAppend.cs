using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// What becomes of a request whose bytes were not all taken, after everything that can be kept is kept. 1. who was replaced, or whose
/// upload was taken away, is cut; 2. a trouble that passes is told by a cut; 3. more than the upload's length ends it; 4. who was not
/// told the address is told it now, or the upload ends, for nobody could go on with it; 5. a wrong file is the target's answer, not ours;
/// 6. the refusal.
/// </summary>
internal sealed class BrokenAppend(UploadCatalog desk, UploadAnswers answers)
{
    /// <param name="began">Whether the upload took bytes when the request came.</param>
    /// <param name="located">Whether the client knows the upload's address, so that it can go on.</param>
    public async Task<IResult> SettleAsync(HttpContext context, UploadId upload, UploadFailure failure, bool began, bool located)
    {
        var exchange = ResumableRequest.Of(context);
        var dialect = exchange.Dialect!;

        // 1. An answer would send it back, to replace the request that has replaced it (R91, R111).
        if (failure.Error == UploadError.TakenOver
            || (began && failure.Error is UploadError.Cancelled or UploadError.Deleted or UploadError.Expired))
            return Cut(context);

        // 2.
        if (Passes(failure.Error) && IsCut(exchange, located))
            return Cut(context);

        // 3. Where no length is known it is the service's own limit that was passed (R27, R86).
        if (failure is { Error: UploadError.BeyondSize, Upload: { } passed })
        {
            if (passed.Size is null)
                failure = new UploadFailure(UploadError.TooLarge, failure.Detail) { Upload = passed, Offset = failure.Offset };
            if (dialect.EndsOnSurplus || passed.Size is null)
            {
                var ended = await desk.CancelStreamAsync(context.Caller(), upload, passed.Epoch, CancellationToken.None);
                return ended.Failure?.Error == UploadError.TakenOver ? Cut(context) : Refusal.Of(Ended(failure));
            }
        }

        // 4.
        if (!located && !Locate(context, dialect, failure))
        {
            await desk.CancelAsync(context.Caller(), upload, CancellationToken.None);
            failure = Ended(failure);
        }

        // 5. Going on cannot mend it (R101), unless only this request names another digest than the upload was to have.
        if (failure is { Error: UploadError.FileDigestMismatch, Upload: null or { IsLive: false } })
            dialect.WriteComplete(context.Response.Headers, complete: true);

        // 6. The older versions tell the offset with every answer.
        if (dialect.Version < 7 && failure is { Offset: null, Upload: { } known } && (known.IsLive || known.State == UploadState.Completed))
            failure = failure with { Offset = known.ReceivedBytes };
        return Refusal.Of(failure);
    }

    /// <summary>Whether this client goes on after a cut, and rather gives up after an answer (R61).</summary>
    public static bool IsCut(ResumableRequest exchange, bool located) => located && exchange.Named is not null;

    public static IResult Cut(HttpContext context)
    {
        context.Abort();
        return TypedResults.Empty;
    }

    /// <summary>
    /// Where somebody is there for the answer, and something that he can go on behind. An interrupted request was its client's own end.
    /// </summary>
    private bool Locate(HttpContext context, Dialect dialect, UploadFailure failure)
    {
        if (failure is not { Offset: > 0, Upload: { } upload } || failure.Error == UploadError.Interrupted
            || context.RequestAborted.IsCancellationRequested)
            return false;
        answers.Locate(context, dialect, upload);
        return true;
    }

    /// <summary>What has ended has no offset any more, and no bytes that are kept (R17).</summary>
    private static UploadFailure Ended(UploadFailure failure)
    {
        var detail = failure.Error switch
        {
            UploadError.IdleTimeout => "No byte came for too long; nothing is kept.",
            UploadError.Stopping => "The service is stopping; nothing is kept.",
            UploadError.Interrupted => "The request was interrupted; nothing is kept.",
            UploadError.MalformedBody => "The body's framing is broken; nothing is kept.",
            UploadError.BeyondSize => "More bytes came than the upload was to have; it has ended.",
            UploadError.TooLarge => "More bytes came than are taken here; the upload has ended.",
            UploadError.SizeMismatch => "Fewer bytes came than the upload was to have; nothing is kept.",
            _ => failure.Detail,
        };
        return failure with { Detail = detail, Offset = null, Upload = null };
    }

    private static bool Passes(UploadError error) =>
        error is UploadError.StoreDegraded or UploadError.StorageFailed or UploadError.LedgerUnavailable
        or UploadError.Stopping or UploadError.IdleTimeout;
}
