using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Uploads;

/// <summary>Steps 6 and 7 of an append whose whole body has arrived.</summary>
public sealed partial class StreamAppender
{
    private async Task<Result<StreamReceipt>> FinishAsync(
        StreamAppend request, UploadBody body, StreamSegment segment, Upload upload, DateTimeOffset startedAt)
    {
        var offset = segment.Offset;
        var full = request.Completion == CompletionMode.WithThisRequest ||
            (request.Completion == CompletionMode.WhenFull && offset == upload.Size);

        // 6. and 7. Flush and record.
        if (offset == request.Offset)
            return await FinishEmptyAsync(request, body, upload, CancellationToken.None);
        if (full && upload.Size is { } size && size != offset)
            return await KeepTooShortAsync(request, segment, upload, size);
        if (full && upload.Size is null)
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

        if (full && StreamRules.RefuseTrailer(request, body, upload) is { } unkept)
            return await FailAsync(request, segment, unkept, "digest", startedAt);
        if (full && (upload.DeclaredSha256 ?? body.TrailerDigest?.Invoke()) is { } expected && expected != segment.Digest)
        {
            var detail = $"The file has SHA-256 {segment.Digest}, but {expected} was declared; nothing was published.";
            return await FailUploadAsync(request, upload, new UploadFailure(UploadError.FileDigestMismatch, detail));
        }

        if (full && types.AppliesTo(request.Caller))
        {
            // The beginning is read from what is recorded.
            if (segment.RecordedOffset < Math.Min(FileSignatures.Length, offset))
            {
                var kept = await segment.CheckpointAsync(final: false);
                if (kept.Outcome != RecordOutcome.Recorded)
                    return UploadRefusals.Of(kept, ByteRange.Between(request.Offset, offset)) with { Upload = kept.Upload ?? upload };
            }

            if (await types.RefuseAsync(upload with { ReceivedBytes = offset }, CancellationToken.None) is { } mismatch)
                return await FailUploadAsync(request, upload, mismatch);
        }

        if (full && request.IsKnown?.Invoke(segment.Digest) == true)
            return new UploadFailure(UploadError.Cancelled, "A file of this content is there already.") { Upload = upload };

        // With relaxed durability the earlier segments are not flushed yet; the last checkpoint flushes only this one.
        if (full && request.Offset > 0)
            await flusher.FlushAsync(request.Upload, CancellationToken.None);
        var result = await segment.CheckpointAsync(full);
        if (result is not { Outcome: RecordOutcome.Recorded, Upload: { } recorded })
            return UploadRefusals.Of(result, ByteRange.Between(request.Offset, offset)) with { Upload = result.Upload ?? upload };
        if (recorded.IsReceived)
            UploadLog.Completed(log, recorded.Id, recorded.Size);
        else
            UploadLog.Appended(log, recorded.Id, request.Offset, offset, (time.GetUtcNow() - startedAt).TotalMilliseconds);

        return new StreamReceipt(recorded, recorded.ReceivedBytes);
    }

    /// <summary>
    /// The request brought no byte. It completes the upload if all bytes are there, or if it says that the upload ends here.
    /// </summary>
    private async Task<Result<StreamReceipt>> FinishEmptyAsync(
        StreamAppend request, UploadBody body, Upload upload, CancellationToken cancellationToken)
    {
        var full = request.Completion == CompletionMode.WithThisRequest ||
            (request.Completion == CompletionMode.WhenFull && upload.Size == upload.ReceivedBytes);
        if (!full)
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
    private static async Task<Result<StreamReceipt>> KeepTooShortAsync(
        StreamAppend request, StreamSegment segment, Upload upload, long size)
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
    private async Task<Result<StreamReceipt>> FailUploadAsync(StreamAppend request, Upload upload, UploadFailure failure)
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
