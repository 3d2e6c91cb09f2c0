using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Uploads;

/// <summary>Steps 6 and 7 of an append whose whole body has arrived.</summary>
public sealed partial class StreamAppender
{
    private async Task<Result<StreamReceipt>> FinishAsync(
        StreamAppend request, UploadBody body, StreamSegment segment, Upload upload, Reception reception)
    {
        var offset = segment.Offset;
        if (offset == request.Offset)
            return await FinishEmptyAsync(request, body, upload, CancellationToken.None);
        var full = request.Completes(offset, upload.Size);
        if (full && await RefuseToCompleteAsync(request, body, segment, upload, reception) is { } refusal)
            return refusal;

        // 6. and 7. Flush and record.
        var result = await segment.CheckpointAsync(full);
        if (result is not { Outcome: RecordOutcome.Recorded, Upload: { } recorded })
            return Refused(request, segment, result, upload);
        if (recorded.IsReceived)
            UploadLog.Completed(log, recorded.Id, recorded.Size);
        else
            UploadLog.Appended(log, recorded.Id, request.Offset, offset, reception.Elapsed.TotalMilliseconds);

        return new StreamReceipt(recorded, recorded.ReceivedBytes);
    }

    /// <summary>What has to hold before the last checkpoint completes the upload. Null: it does.</summary>
    private async Task<UploadFailure?> RefuseToCompleteAsync(
        StreamAppend request, UploadBody body, StreamSegment segment, Upload upload, Reception reception)
    {
        var offset = segment.Offset;
        if (upload.Size is { } size && size != offset)
            return await KeepTooShortAsync(request, segment, upload, size);
        if (upload.Size is null)
        {
            // Record the bytes before the size that follows from them.
            var last = await segment.CheckpointAsync(final: false);
            if (last.Outcome != RecordOutcome.Recorded)
                return UploadRefusals.Of(last, ByteRange.Between(request.Offset, offset));
            var declared = await ledger.DeclareAsync(request.Caller, request.Upload, upload.Epoch, offset, null, CancellationToken.None);
            if (!declared.Ok)
                return declared.Failure;
            upload = declared.Value;
        }

        if (StreamRules.RefuseTrailer(request, body, upload) is { } unkept)
            return await FailAsync(request, segment, unkept, "digest", reception);
        if ((upload.DeclaredSha256 ?? body.TrailerDigest?.Invoke()) is { } expected && expected != segment.Digest)
        {
            var detail = $"The file has SHA-256 {segment.Digest}, but {expected} was declared; nothing was published.";
            return await FailUploadAsync(request, upload, new UploadFailure(UploadError.FileDigestMismatch, detail));
        }

        if (types.AppliesTo(request.Caller))
        {
            // The beginning is read from what is recorded.
            if (segment.RecordedOffset < Math.Min(FileSignatures.Length, offset))
            {
                var kept = await segment.CheckpointAsync(final: false);
                if (kept.Outcome != RecordOutcome.Recorded)
                    return Refused(request, segment, kept, upload);
            }

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

    private static UploadFailure Refused(StreamAppend request, StreamSegment segment, RecordResult result, Upload upload) =>
        UploadRefusals.Of(result, ByteRange.Between(request.Offset, segment.Offset)) with { Upload = result.Upload ?? upload };

    /// <summary>
    /// The request brought no byte. It completes the upload if all bytes are there, or if it says that the upload ends here.
    /// </summary>
    private async Task<Result<StreamReceipt>> FinishEmptyAsync(
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
        var completed = await states.BeginCompleteAsync(request.Caller, request.Upload, upload.ReceivedBytes, expected, cancellationToken);
        if (!completed.Ok)
        {
            return completed.Failure.Error == UploadError.FileDigestMismatch
                ? await FailUploadAsync(request, upload, completed.Failure)
                : completed.Failure;
        }

        UploadLog.Completed(log, upload.Id, completed.Value.Size);
        return new StreamReceipt(completed.Value, completed.Value.ReceivedBytes);
    }

    /// <summary>The request was to complete the upload, and bytes are missing: records those that came.</summary>
    private static async Task<UploadFailure> KeepTooShortAsync(StreamAppend request, StreamSegment segment, Upload upload, long size)
    {
        if (segment.Offset > segment.RecordedOffset)
        {
            var result = await segment.CheckpointAsync(final: false);
            if (result.Outcome != RecordOutcome.Recorded)
                return UploadRefusals.Of(result, ByteRange.Between(request.Offset, segment.Offset));
        }

        return StreamRules.Short(upload, size, segment.RecordedOffset);
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
        var ended = await states.EndStreamAsync(
            request.Caller, request.Upload, upload.Epoch, UploadState.Failed, reason, CancellationToken.None);
        if (ended.Failure is { Error: UploadError.TakenOver } late)
            return late;
        return failure with { Upload = ended.Ok ? ended.Value : upload };
    }
}
