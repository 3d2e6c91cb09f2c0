using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Completes a request whose bytes were not all accepted, after the received bytes were kept if possible. 1. Aborts a request that a newer
/// one replaced, or whose upload was removed. 2. Aborts after a temporary failure if the client then resumes. 3. Ends the upload if more
/// bytes than its length were received. 4. Sends the address to a client that does not have it; otherwise ends the upload, because no
/// client could resume it. 5. Marks a wrong file digest as a response of the target, not of the protocol. 6. Responds with the refusal.
/// </summary>
internal sealed class BrokenAppend(UploadCatalog catalog, UploadAnswers answers)
{
    /// <param name="began">Whether the upload accepted bytes when the request arrived.</param>
    /// <param name="located">Whether the client has the upload's address and so can resume.</param>
    public async Task<IResult> SettleAsync(HttpContext context, UploadId upload, UploadFailure failure, bool began, bool located)
    {
        var resumable = ResumableRequest.Of(context);
        var dialect = resumable.Dialect!;

        // 1. After a response, the client would retry and replace the request that has replaced it (R91, R111).
        if (failure.Error == UploadError.TakenOver
            || (began && failure.Error is UploadError.Cancelled or UploadError.Deleted or UploadError.Expired))
            return Abort(context);

        // 2. Aborts after a temporary failure if the client then resumes.
        if (IsTransient(failure.Error) && AbortsInsteadOfAnswering(resumable, located))
            return Abort(context);

        // 3. For an upload of unknown length the exceeded limit is the service's own (R27, R86).
        if (failure is { Error: UploadError.BeyondSize, Upload: { } passed })
        {
            if (passed.Size is null)
                failure = new UploadFailure(UploadError.TooLarge, failure.Detail) { Upload = passed, Offset = failure.Offset };
            if (dialect.EndsOnSurplus || passed.Size is null)
            {
                var ended = await catalog.CancelStreamAsync(context.Caller(), upload, passed.Epoch, CancellationToken.None);
                return ended.Failure?.Error == UploadError.TakenOver ? Abort(context) : Refusal.Of(Ended(failure));
            }
        }

        // 4. Sends the address to a client that does not have it.
        if (!located && !Locate(context, dialect, failure))
        {
            await catalog.CancelAsync(context.Caller(), upload, CancellationToken.None);
            failure = Ended(failure);
        }

        // 5. Resuming cannot repair it (R101), unless only this request declared another digest than the upload's.
        if (failure is { Error: UploadError.FileDigestMismatch or UploadError.TypeMismatch, Upload: null or { IsLive: false } })
            dialect.WriteComplete(context.Response.Headers, complete: true);

        // 6. The older versions require the offset on every answer.
        if (dialect.Version < 7 && failure is { Offset: null, Upload: { } known } && (known.IsLive || known.State == UploadState.Completed))
            failure = failure with { Offset = known.ReceivedBytes };
        return Refusal.Of(failure);
    }

    /// <summary>Returns whether this client resumes after an abort but fails after a response (R61).</summary>
    public static bool AbortsInsteadOfAnswering(ResumableRequest resumable, bool located) => located && resumable.Named is not null;

    public static IResult Abort(HttpContext context)
    {
        context.Abort();
        return TypedResults.Empty;
    }

    /// <summary>
    /// Adds the address if the client is still connected and there are kept bytes. An interrupted request was ended by its client.
    /// </summary>
    private bool Locate(HttpContext context, Dialect dialect, UploadFailure failure)
    {
        if (failure is not { Offset: > 0, Upload: { } upload } || failure.Error == UploadError.Interrupted
            || context.RequestAborted.IsCancellationRequested)
            return false;
        answers.Locate(context, dialect, upload);
        return true;
    }

    /// <summary>An upload that has ended has no offset and no kept bytes (R17).</summary>
    private static UploadFailure Ended(UploadFailure failure)
    {
        var detail = failure.Error switch
        {
            UploadError.BeyondSize => "More bytes came than the upload's declared length; the upload has ended.",
            UploadError.TooLarge => "More bytes came than are taken here; the upload has ended.",
            UploadError.SizeMismatch => "Fewer bytes came than the upload's declared length; nothing is kept.",
            var error => InterruptedBody.Reason(error) is { } reason ? $"{reason}; nothing is kept." : failure.Detail,
        };
        return failure with { Detail = detail, Offset = null, Upload = null };
    }

    private static bool IsTransient(UploadError error) =>
        error is UploadError.StoreDegraded or UploadError.StorageFailed or UploadError.LedgerUnavailable
        or UploadError.Stopping or UploadError.IdleTimeout;
}
