using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// What becomes of a request whose bytes were not all taken, after everything that can be kept is kept. 1. who was replaced, or whose
/// upload was taken away, is cut; 2. a trouble that passes is told by a cut; 3. more than the upload's length ends it; 4. a wrong file
/// is the target's answer, not ours; 5. the refusal.
/// </summary>
internal sealed class BrokenAppend(UploadDesk desk, ResumableOptions options)
{
    /// <param name="began">Whether the upload took bytes when the request came.</param>
    /// <param name="located">Whether the client knows the upload's address, so that it can go on.</param>
    public async Task<IResult> SettleAsync(HttpContext context, UploadId upload, UploadFailure failure, bool began, bool located)
    {
        var exchange = Exchange.Of(context);
        var dialect = exchange.Dialect!;

        // 1. An answer would send it back, to replace the request that has replaced it (R91, R111).
        if (failure.Error == UploadError.TakenOver || (began && failure.Error is UploadError.Cancelled or UploadError.Deleted or UploadError.Expired))
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
                await desk.CancelAsync(context.Caller(), upload, CancellationToken.None);
        }

        // 4. Going on cannot mend it (R101).
        if (failure.Error == UploadError.FileDigestMismatch)
            dialect.WriteComplete(context.Response.Headers, complete: true);

        // 5. The older versions tell the offset with every answer.
        if (dialect.Version < 7 && failure is { Offset: null, Upload: { } known } && (known.IsLive || known.State == UploadState.Completed))
            failure = failure with { Offset = known.ReceivedBytes };
        return Refusal.Of(failure);
    }

    /// <summary>Whether this client goes on after a cut, and rather gives up after an answer (R61).</summary>
    public bool IsCut(Exchange exchange, bool located) => options.CutOnTrouble && located && exchange.Named is not null;

    public static IResult Cut(HttpContext context)
    {
        context.Abort();
        return TypedResults.Empty;
    }

    private static bool Passes(UploadError error) => error is UploadError.VolumeDegraded or UploadError.StorageFailed or UploadError.LedgerUnavailable
        or UploadError.Stopping or UploadError.IdleTimeout;
}
