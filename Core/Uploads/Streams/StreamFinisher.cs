using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// Steps 6 and 7 of an append: flushes and records what came. A whole body may complete the upload; of a body that broke off, every byte is
/// kept that may be kept.
/// </summary>
public sealed class StreamFinisher(
    IStreamLedger ledger, IUploadLedger uploads, ContentFlusher flusher, TypeCheck types, ILogger<StreamFinisher> log)
{
    /// <summary>Ends an append whose body has ended, whole or not.</summary>
    internal async Task<Result<StreamReceipt>> EndAsync(RunningAppend append, BodyEnd end)
    {
        var (segment, reception) = (append.Segment, append.Reception);
        if (segment.Refused is { } refused)
            return append.Refused(refused);
        if (end != BodyEnd.Complete)
            return await KeepAsync(append, end);

        // Verify.
        if (StreamRules.RefuseChecksum(append.Request, append.Upload) is { } wrong)
        {
            reception.End(NetworkOutcome.Checksum, reception.Bytes, reception.Bytes);
            return await FailAsync(append, wrong, "digest");
        }

        var finished = await FinishAsync(append);
        if (finished.Ok)
            reception.End(NetworkOutcome.Ok, reception.Bytes, 0);
        return finished;
    }

    /// <summary>The store failed while the append was running.</summary>
    internal Task<UploadFailure> FailAsync(RunningAppend append, StoreException exception)
    {
        if (exception.Error == StoreError.FlushFailed)
            flusher.MarkSuspect(append.Segment.File);
        return FailAsync(
            append, UploadRefusals.Of(exception, append.Upload),
            () => append.Reception.FailAsync(exception, append.Request.Offset, append.Received, append.Recorded));
    }

    /// <summary>
    /// The request brought no byte. It completes the upload if all bytes are there, or if it says that the upload ends here.
    /// </summary>
    internal async Task<Result<StreamReceipt>> FinishEmptyAsync(
        StreamAppend request, UploadBody body, Upload upload, CancellationToken cancellationToken)
    {
        if (!request.Completes(upload.ReceivedBytes, upload.Size))
            return new StreamReceipt(upload, upload.ReceivedBytes);
        if (upload.Size is { } size && size != upload.ReceivedBytes)
            return StreamRules.Short(upload, size, upload.ReceivedBytes);
        if (StreamRules.RefuseTrailer(request, body, upload) is { } unkept)
            return unkept;
        if (upload.ReceivedBytes > 0)
            await flusher.FlushAsync(request.Upload, cancellationToken);
        if (upload.Size is null)
        {
            // A newer request may have taken over during the flush. Then the ledger refuses the size, because the epoch has risen.
            var declared = await ledger.DeclareAsync(
                request.Caller, upload.Id, upload.Epoch, upload.ReceivedBytes, null, cancellationToken);
            if (declared is { Failure: { Error: not UploadError.AlreadyCompleted } late })
                return late;
        }

        if (types.AppliesTo(request.Caller) && await types.RefuseAsync(upload, cancellationToken) is { } mismatch)
            return await FailUploadAsync(request, upload, mismatch);

        // The last checkpoint saved the digest (E13): the ledger compares it and publishes the file in one transaction.
        var expected = upload.DeclaredSha256 ?? body.TrailerDigest?.Invoke();
        var completed = await uploads.BeginCompleteAsync(request.Caller, request.Upload, upload.ReceivedBytes, expected, cancellationToken);
        if (!completed.Ok)
        {
            return completed.Failure.Error == UploadError.FileDigestMismatch
                ? await FailUploadAsync(request, upload, completed.Failure)
                : completed.Failure;
        }

        UploadLog.Completed(log, upload.Id, completed.Value.Size);
        return new StreamReceipt(completed.Value, completed.Value.ReceivedBytes);
    }

    /// <summary>The body broke off: records what is kept of it, and returns the failure with the durable offset.</summary>
    private async Task<UploadFailure> KeepAsync(RunningAppend append, BodyEnd end)
    {
        var segment = append.Segment;
        // A checksum cannot be verified any more (E15), and of a body that is too long only the last checkpoint counts. In every other case
        // all received bytes are kept, except the byte that would complete the upload (E16).
        if (append.Request.Checksum is null && end != BodyEnd.TooLong && segment.Keepable > segment.RecordedOffset
            && await segment.CheckpointKeepableAsync() is { Outcome: not RecordOutcome.Recorded } refused)
        {
            append.Reception.End(
                end.ToNetworkOutcome(), append.Body.Length ?? append.Reception.Bytes, segment.Offset - segment.RecordedOffset);
            return append.Refused(refused);
        }

        return await FailAsync(append, end.ToFailure(append.Upload, segment.RecordedOffset), () => append.Reception.EndEarlyAsync(
            end, append.Body.Length ?? append.Reception.Bytes, segment.Offset - segment.RecordedOffset, append.Request.Offset,
            append.Received, append.Recorded));
    }

    private async Task<Result<StreamReceipt>> FinishAsync(RunningAppend append)
    {
        var (request, segment, offset) = (append.Request, append.Segment, append.Segment.Offset);
        if (offset == request.Offset)
            return await FinishEmptyAsync(request, append.Body, append.Upload, CancellationToken.None);
        var full = request.Completes(offset, append.Upload.Size);
        if (full && await RefuseToCompleteAsync(append) is { } refusal)
            return refusal;

        // 6. and 7. Flush and record.
        var result = await segment.CheckpointAsync(full);
        if (result is not { Outcome: RecordOutcome.Recorded, Upload: { } recorded })
            return append.Refused(result);
        if (recorded.IsReceived)
            UploadLog.Completed(log, recorded.Id, recorded.Size);
        else
            UploadLog.Appended(log, recorded.Id, request.Offset, offset, append.Reception.Elapsed.TotalMilliseconds);

        return new StreamReceipt(recorded, recorded.ReceivedBytes);
    }

    /// <summary>What has to hold before the last checkpoint completes the upload. Null: it does.</summary>
    private async Task<UploadFailure?> RefuseToCompleteAsync(RunningAppend append)
    {
        var (request, body, segment, upload) = (append.Request, append.Body, append.Segment, append.Upload);
        var offset = segment.Offset;
        if (upload.Size is { } size && size != offset)
            return await RecordUpToAsync(append, offset) ?? StreamRules.Short(upload, size, segment.RecordedOffset);
        if (upload.Size is null)
        {
            // Record the bytes before the size that follows from them.
            if (await RecordUpToAsync(append, offset) is { } refused)
                return refused;
            var declared = await ledger.DeclareAsync(request.Caller, request.Upload, upload.Epoch, offset, null, CancellationToken.None);
            if (!declared.Ok)
                return declared.Failure;
            upload = declared.Value;
        }

        if (StreamRules.RefuseTrailer(request, body, upload) is { } unkept)
            return await FailAsync(append, unkept, "digest");
        if ((upload.DeclaredSha256 ?? body.TrailerDigest?.Invoke()) is { } expected && expected != segment.Digest)
        {
            var detail = $"The file has SHA-256 {segment.Digest}, but {expected} was declared; nothing was published.";
            return await FailUploadAsync(request, upload, new UploadFailure(UploadError.FileDigestMismatch, detail));
        }

        if (types.AppliesTo(request.Caller))
        {
            // The beginning is read from what is recorded.
            if (await RecordUpToAsync(append, Math.Min(FileSignatures.Length, offset)) is { } refused)
                return refused;
            if (await types.RefuseAsync(upload with { ReceivedBytes = offset }, CancellationToken.None) is { } mismatch)
                return await FailUploadAsync(request, upload, mismatch);
        }

        if (request.IsKnown?.Invoke(segment.Digest) == true)
            return new UploadFailure(UploadError.Cancelled, "A file of this content is there already.") { Upload = upload };

        // With relaxed durability the earlier segments are not flushed yet; the last checkpoint flushes only this one.
        if (request.Offset > 0)
            await flusher.FlushAsync(request.Upload, CancellationToken.None);
        return null;
    }

    /// <summary>Records what came, unless so much of the stream is recorded already.</summary>
    private static async Task<UploadFailure?> RecordUpToAsync(RunningAppend append, long offset)
    {
        if (append.Segment.RecordedOffset >= offset)
            return null;
        var result = await append.Segment.CheckpointAsync(final: false);
        return result.Outcome == RecordOutcome.Recorded ? null : append.Refused(result);
    }

    private Task<UploadFailure> FailAsync(RunningAppend append, UploadFailure failure, string kind) =>
        FailAsync(append, failure, () => append.Reception.FailAsync(kind, append.Request.Offset, append.Received, append.Recorded));

    private async Task<UploadFailure> FailAsync(RunningAppend append, UploadFailure failure, Func<Task> record)
    {
        // If this fails, the client gets no address, as there is no upload to resume.
        if (append.Request.Deferred is { } deferred)
            _ = await deferred.RecordAsync(uploads, CancellationToken.None);
        await record();
        return failure with { Offset = append.Segment.RecordedOffset };
    }

    /// <summary>
    /// All bytes came and are not the declared file. The upload fails, because no later request can mend it, unless a newer request has
    /// taken over already.
    /// </summary>
    private async Task<UploadFailure> FailUploadAsync(StreamAppend request, Upload upload, UploadFailure failure)
    {
        var reason = failure.Error == UploadError.TypeMismatch
            ? "the file is not of the declared type"
            : StateReasons.WrongDigest;
        var ended = await uploads.EndStreamAsync(
            request.Caller, request.Upload, upload.Epoch, UploadState.Failed, reason, CancellationToken.None);
        if (ended.Failure is { Error: UploadError.TakenOver } late)
            return late;
        return failure with { Upload = ended.Ok ? ended.Value : upload };
    }
}
