using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// The way of an append: 1. inspect and refuse what needs no claim; 2. take the stream over from whoever has it, if it goes on where that one
/// stands (E14); 3. compare the offset, fence who may still record, fix the size; 4. open the segment: the same one where its writer has confirmed its end, a new one otherwise;
/// 5. receive with checkpoints, or without under a declared checksum (E15); 6. verify; 7. record the end, which may complete;
/// 8. answer. Whatever breaks in 5 keeps every byte that the socket delivered.
/// </summary>
public sealed class StreamWriter(
    IStreamLedger ledger, IUploadQueryLedger uploads, IUploadStateLedger states, IChunkStore store, IRunningHashes hashes, ExtentReader extents, WriterClaims claims, ContentCheck check,
    ContentFlusher flusher, FileRemover remover, Incarnation incarnation, LinkBook links, IOptions<UploadOptions> options, StoppingSignal stopping,
    TimeProvider time, ILogger<StreamWriter> log)
{
    private readonly BodyPump _pump = new(options, time, stopping);
    private readonly CheckpointSlots _turns = new(time);

    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public async Task<Result<StreamReceipt>> AppendAsync(StreamAppend request, UploadBody body, CancellationToken cancellationToken)
    {
        // 1. Nobody takes over what he may not write to.
        var look = claims.Look(request.Upload, WriterClaims.Stream);
        var seen = await InspectAsync(request, cancellationToken);
        var early = Early(seen);
        if (early is not null && seen.Recent)
        {
            seen = await InspectAsync(request, cancellationToken);
            early = Early(seen);
        }

        if (early is not null)
            return early;

        // 2. Take over: an append never waits for a dead connection's timeout. It stops nobody that it could not go on from: of two with the same
        // offset one comes through. A holder that has more than is recorded and does not record it is as good as gone.
        var (taken, stale) = await claims.TakeStreamAsync(request.Upload, request.Offset, look, insist: false, cancellationToken);
        if (taken is null)
        {
            seen = await InspectAsync(request, cancellationToken);
            if (StreamRules.Refuse(request, body, seen.Upload, options.Value) is { } elsewhere)
                return elsewhere;
            (taken, stale) = await claims.TakeStreamAsync(request.Upload, request.Offset, look, insist: true, cancellationToken);
        }

        using (var claim = taken!)
        {
            try
            {
                if (stale || (seen.Recent && StreamRules.Refuse(request, body, seen.Upload, options.Value) is not null))
                    seen = await InspectAsync(request, cancellationToken);

                // 3. Offset, fence and size.
                if (StreamRules.Refuse(request, body, seen.Upload, options.Value) is { } refusal)
                    return refusal;
                var upload = seen.Upload!;
                if (upload.State == UploadState.Completed)
                    return await RepeatAsync(body, upload, claim, cancellationToken);
                // Whoever is not known to have ended: from here on nothing of it is recorded, and it is told no size that it does not know (E14).
                if (claim.FollowsStraggler || (seen.Last is { } last && last.File.Incarnation != incarnation.Id))
                {
                    var fenced = await FenceAsync(request, upload, cancellationToken);
                    if (!fenced.Ok)
                        return fenced.Failure;
                    seen = seen with { Upload = upload = fenced.Value };
                }

                var size = StreamRules.SizeAfter(request, body, upload);
                if ((size is not null && size != upload.Size) || (request.Sha256 is not null && request.Sha256 != upload.DeclaredSha256))
                {
                    var declared = await ledger.DeclareAsync(request.Caller, request.Upload, upload.Epoch, size, request.Sha256, cancellationToken);
                    if (!declared.Ok)
                        return declared.Failure;
                    seen = seen with { Upload = declared.Value };
                }

                return links.After(await ReceiveAsync(request, body, seen, claim, cancellationToken));
            }
            catch (StoreException exception)
            {
                UploadLog.StoreFailed(log, request.Upload, exception.Error.ToString(), request.Offset, exception);
                return UploadRules.Of(exception, seen.Upload);
            }
        }

        UploadFailure? Early(StreamInspection inspection) =>
            StreamRules.RefuseBeforeClaim(request, inspection.Upload) ?? StreamRules.RefuseForGood(request, body, inspection.Upload!, options.Value);
    }

    /// <summary>
    /// The offset at which the next append is accepted. Stops a running one first, and waits until it has recorded what it has (E14).
    /// Works in every state for as long as the upload is remembered. One look into the ledger, and another only where somebody wrote, or has come since.
    /// </summary>
    /// <param name="protocol">Whose uploads may be asked for; nobody stops a transfer of another one.</param>
    public async Task<Result<Upload>> OffsetAsync(Caller caller, UploadId id, UploadProtocol protocol, CancellationToken cancellationToken)
    {
        while (true)
        {
            var look = claims.Look(id, WriterClaims.Stream);
            if (await uploads.FindAsync(caller, id, cancellationToken) is not { } found || found.Protocol != protocol)
                return UploadRules.NotFound(id);
            var upload = await check.EnsureAsync(found, cancellationToken);
            if (upload.State is not (UploadState.Open or UploadState.Paused) || upload.DamagedAt is not null)
                return claims.Claimed(upload);
            var wrote = await claims.ReleaseAsync(id, WriterClaims.Stream, cancellationToken);
            // First who has not confirmed its end, then who has ended: it may do so in between. The former is fenced; the answer comes from the statement
            // that does it. An append that has come since is not fenced, but asked to stop like any other.
            using var fence = claims.FenceOf(id);
            var now = fence is not null ? claims.Claimed(await ledger.ClaimStreamAsync(caller, id, upload.Epoch, cancellationToken))
                : wrote || look != claims.Look(id, WriterClaims.Stream) ? await uploads.FindAsync(caller, id, cancellationToken)
                : upload;
            if (now is not null)
                return now;
        }
    }

    /// <summary>A last request whose answer was lost, once more: it changes nothing, if it brings nothing.</summary>
    private async Task<Result<StreamReceipt>> RepeatAsync(UploadBody body, Upload upload, WriterClaim claim, CancellationToken cancellationToken)
    {
        var end = BodyEnd.Complete;
        if (body.Length != 0)
            (end, _) = await _pump.RunAsync(body, NoBytes.Instance, 0, claim, cancellationToken);
        return end == BodyEnd.Complete ? new StreamReceipt(upload, upload.ReceivedBytes) : StreamRules.Broken(end, upload, upload.ReceivedBytes);
    }

    private async Task<StreamInspection> InspectAsync(StreamAppend request, CancellationToken cancellationToken)
    {
        var seen = request.Unrecorded?.Seen ?? await ledger.InspectStreamAsync(request.Caller, request.Upload, cancellationToken);
        if (seen.Upload is not { } upload)
            return seen;
        var checkedUpload = await check.EnsureAsync(upload, cancellationToken);
        return ReferenceEquals(checkedUpload, upload) ? seen : await ledger.InspectStreamAsync(request.Caller, request.Upload, cancellationToken);
    }

    private async Task<Result<StreamReceipt>> ReceiveAsync(
        StreamAppend request, UploadBody body, StreamInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        // 4. Open. A body that is known to be empty needs no segment: it can only complete.
        if (body.Length == 0)
            return StreamRules.RefuseChecksum(request, seen.Upload!) is { } unverified ? unverified : await FinishEmptyAsync(request, body, seen.Upload!, cancellationToken);

        var opened = await OpenAsync(request, body, seen, claim, cancellationToken);
        if (!opened.Ok)
            return opened.Failure;
        await using var segment = opened.Value;
        claim.File = segment.File;
        var startedAt = time.GetUtcNow();
        try
        {
            return await TakeAsync(request, body, segment, claim, startedAt, cancellationToken);
        }
        catch (StoreException exception)
        {
            UploadLog.StoreFailed(log, request.Upload, exception.Error.ToString(), segment.Offset, exception);
            if (exception.Error == StoreError.FlushFailed)
                flusher.Doubt(segment.File);
            return await FailedAsync(request, segment, UploadRules.Of(exception, segment.Upload), "storage", startedAt);
        }
        finally
        {
            await segment.AbandonAsync(store, remover);
        }
    }

    private async Task<Result<StreamReceipt>> TakeAsync(
        StreamAppend request, UploadBody body, StreamSegment segment, WriterClaim claim, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        var upload = segment.Upload;

        // 5. Receive.
        BodyEnd end;
        using var watch = links.Open(request.Upload, request.Caller);
        UploadFailure? failure = null;
        try
        {
            (end, _) = await _pump.RunAsync(body, segment, (upload.Size ?? options.Value.MaxSize) - request.Offset, claim, cancellationToken, watch);
        }
        catch (StoreException exception) when (exception.Error == StoreError.NoSpace)
        {
            UploadLog.StoreFailed(log, request.Upload, exception.Error.ToString(), segment.Offset, exception);
            failure = UploadRules.Of(exception, upload);
            end = BodyEnd.Disconnected;
        }

        if (segment.Refused is { } refused)
            return UploadRules.Of(refused, ByteRange.Between(request.Offset, segment.Offset)) with { Upload = refused.Upload ?? upload };
        if (end != BodyEnd.Complete)
        {
            var broken = await BrokenAsync(request, segment, upload, end, failure, startedAt);
            watch.End(failure is null ? end.Ending() : BodyEnding.Unrelated, body.Length ?? watch.Bytes, segment.Offset - segment.Recorded);
            return broken;
        }

        // 6. Verify.
        if (StreamRules.RefuseChecksum(request, upload) is { } wrong)
        {
            watch.End(BodyEnding.Checksum, watch.Bytes, watch.Bytes);
            return await FailedAsync(request, segment, wrong, "digest", startedAt);
        }

        var finished = await FinishAsync(request, body, segment, upload, startedAt);
        if (finished.Ok)
            watch.End(BodyEnding.Ok, watch.Bytes, 0);
        return finished;
    }

    private async Task<Result<StreamReceipt>> FinishAsync(
        StreamAppend request, UploadBody body, StreamSegment segment, Upload upload, DateTimeOffset startedAt)
    {
        var offset = segment.Offset;
        var full = request.Ending == StreamEnding.WithThisRequest || (request.Ending == StreamEnding.WhenFull && offset == upload.Size);

        // 7. Record.
        if (offset == request.Offset)
            return await FinishEmptyAsync(request, body, upload, CancellationToken.None);
        if (full && upload.Size is { } size && size != offset)
            return await ShortAsync(request, segment, upload, size);
        if (full && upload.Size is null)
        {
            // Bytes first, then the size they turned out to be.
            var last = await segment.CheckpointAsync(final: false);
            if (last.Outcome != RecordOutcome.Recorded)
                return UploadRules.Of(last, ByteRange.Between(request.Offset, offset));
            var declared = await ledger.DeclareAsync(request.Caller, request.Upload, upload.Epoch, offset, null, CancellationToken.None);
            if (!declared.Ok)
                return declared.Failure;
            upload = declared.Value;
        }

        if (full && StreamRules.RefuseTrailer(request, body, upload) is { } unkept)
            return await FailedAsync(request, segment, unkept, "digest", startedAt);
        if (full && (upload.DeclaredSha256 ?? body.TrailerDigest?.Invoke()) is { } expected && expected != segment.Digest)
            return await WrongFileAsync(request, upload, $"The file has SHA-256 {segment.Digest}, declared was {expected}; nothing was published.");
        // Earlier segments, which in Relaxed nobody has flushed; this one is flushed by its last checkpoint.
        if (full && request.Offset > 0)
            await flusher.FlushAsync(request.Upload, CancellationToken.None);
        var answer = await segment.CheckpointAsync(full);
        if (answer is not { Outcome: RecordOutcome.Recorded, Upload: { } recorded })
            return UploadRules.Of(answer, ByteRange.Between(request.Offset, offset)) with { Upload = answer.Upload ?? upload };
        if (recorded.State == UploadState.Completed)
            UploadLog.Completed(log, recorded.Id, recorded.Size);
        else
            UploadLog.Appended(log, recorded.Id, request.Offset, offset, (time.GetUtcNow() - startedAt).TotalMilliseconds);

        // 8. Answer.
        return new StreamReceipt(recorded, recorded.ReceivedBytes);
    }

    /// <summary>No byte came. The upload completes if it is full, or if this request says that it ends here.</summary>
    private async Task<Result<StreamReceipt>> FinishEmptyAsync(StreamAppend request, UploadBody body, Upload upload, CancellationToken cancellationToken)
    {
        var full = request.Ending == StreamEnding.WithThisRequest || (request.Ending == StreamEnding.WhenFull && upload.Size == upload.ReceivedBytes);
        if (!full)
            return new StreamReceipt(upload, upload.ReceivedBytes);
        if (upload.Size is { } size && size != upload.ReceivedBytes)
        {
            return new UploadFailure(UploadError.SizeMismatch, $"The upload was to have {size} bytes, and {upload.ReceivedBytes} are there; send the rest.")
            { Upload = upload, Offset = upload.ReceivedBytes };
        }

        if (StreamRules.RefuseTrailer(request, body, upload) is { } unkept)
            return unkept;
        if (upload.ReceivedBytes > 0)
            await flusher.FlushAsync(request.Upload, cancellationToken);
        // Whose flush hung may have been fenced since: it does not say any more where the upload ends.
        if (upload.Size is null && await ledger.DeclareAsync(request.Caller, upload.Id, upload.Epoch, upload.ReceivedBytes, null, cancellationToken) is { Failure: { Error: not UploadError.AlreadyCompleted } late })
            return late;
        // The digest is there already, at the offset (E13): the ledger compares and publishes in one transaction.
        var completed = await states.BeginCompleteAsync(request.Caller, request.Upload, upload.ReceivedBytes, upload.DeclaredSha256 ?? body.TrailerDigest?.Invoke(), cancellationToken);
        if (!completed.Ok)
            return completed.Failure.Error == UploadError.FileDigestMismatch ? await WrongFileAsync(request, upload, completed.Failure.Detail) : completed.Failure;
        UploadLog.Completed(log, upload.Id, completed.Value.Size);
        return new StreamReceipt(completed.Value, completed.Value.ReceivedBytes);
    }

    private async Task<Result<StreamSegment>> OpenAsync(
        StreamAppend request, UploadBody body, StreamInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        var upload = seen.Upload!;
        var hash = seen.Hash is { } saved ? hashes.Restore(saved.State) : upload.ReceivedBytes == 0 ? hashes.Start() : null;
        if (hash?.Length != upload.ReceivedBytes)
        {
            hash?.Dispose();
            // The saved state is of another machine's format, or there is none: read once.
            hash = hashes.Start();
            await extents.HashAsync(upload.Id, hash, upload.ReceivedBytes, cancellationToken);
            if (seen.Digest is { } recorded && recorded != hash.Current())
            {
                const string reason = "the bytes that are there are not the ones that were received";
                hash.Dispose();
                await check.QuarantineAsync(upload.Id, reason);
                return UploadRules.Damaged(upload);
            }
        }

        try
        {
            var expected = body.Length ?? (upload.Size - upload.ReceivedBytes);
            // The segment goes on where its writer is known to have ended: in this incarnation, and confirmed. A new one leaves the old file to who was fenced.
            if (seen.Last is { } last && last.File.Incarnation == incarnation.Id && !claim.FollowsStraggler && last.File.Kind == StoredFileKind.Segment && last.FileOffset == 0 &&
                !flusher.Doubts(last.File))
            {
                var same = await store.ReopenAsync(last.File, upload.ReceivedBytes - last.Range.Offset + expected, cancellationToken);
                return new StreamSegment(upload, same, hash, last.Range.Offset, request, ledger, claim, options.Value, _turns, time);
            }

            // Nobody grows the former one any more, and what it has room for would be missing here.
            if (seen.Last is { File.Kind: StoredFileKind.Segment } former)
                store.Trim(former.File);
            var fresh = await store.CreateAsync(StoredFile.New(StoredFileKind.Segment, incarnation.Id), expected, cancellationToken);
            return new StreamSegment(upload, fresh, hash, upload.ReceivedBytes, request, ledger, claim, options.Value, _turns, time);
        }
        catch
        {
            hash.Dispose();
            throw;
        }
    }

    /// <summary>After it nothing that a former writer may still do is recorded (E14). Whoever has been fenced since it looked fences nobody.</summary>
    private async Task<Result<Upload>> FenceAsync(StreamAppend request, Upload seen, CancellationToken cancellationToken)
    {
        var claimed = claims.Claimed(await ledger.ClaimStreamAsync(request.Caller, seen.Id, seen.Epoch, cancellationToken));
        var now = claimed ?? claims.Claimed(await uploads.FindAsync(request.Caller, seen.Id, cancellationToken));
        // The upload may have ended between the look and the claim, or a straggler's last checkpoint come.
        if (StreamRules.RefuseBeforeClaim(request, now) is { } refusal)
            return refusal;
        if (claimed is null)
            return StreamRules.TakenOver(now!);
        return claimed.ReceivedBytes == seen.ReceivedBytes ? claimed : StreamRules.Elsewhere(request, claimed);
    }

    private async Task<Result<StreamReceipt>> BrokenAsync(
        StreamAppend request, StreamSegment segment, Upload upload, BodyEnd end, UploadFailure? failure, DateTimeOffset startedAt)
    {
        // Under a checksum nothing can be verified any more (E15); of surplus the last checkpoint stands. In every other case all that came
        // is kept, but for the byte that would fill the upload (E16).
        if (request.Checksum is not null || end == BodyEnd.TooLong)
            return await FailedAsync(request, segment, failure ?? StreamRules.Broken(end, upload, segment.Recorded), end.Kind(), startedAt);
        var answer = segment.Standing > segment.Recorded ? await segment.CheckpointStandingAsync() : null;
        if (answer is { Outcome: not RecordOutcome.Recorded })
            return UploadRules.Of(answer, ByteRange.Between(request.Offset, segment.Offset));
        await RecordFailureAsync(request, end.Kind(), segment, startedAt);
        return (failure ?? StreamRules.Broken(end, upload, segment.Recorded)) with { Offset = segment.Recorded };
    }

    private async Task<Result<StreamReceipt>> FailedAsync(StreamAppend request, StreamSegment segment, UploadFailure failure, string kind, DateTimeOffset startedAt)
    {
        await RecordFailureAsync(request, kind, segment, startedAt);
        return failure with { Offset = segment.Recorded };
    }

    private static async Task<Result<StreamReceipt>> ShortAsync(StreamAppend request, StreamSegment segment, Upload upload, long size)
    {
        if (segment.Offset > segment.Recorded)
        {
            var answer = await segment.CheckpointAsync(final: false);
            if (answer.Outcome != RecordOutcome.Recorded)
                return UploadRules.Of(answer, ByteRange.Between(request.Offset, segment.Offset));
        }

        return new UploadFailure(UploadError.SizeMismatch, $"The upload was to have {size} bytes, and {segment.Recorded} are there; send the rest.")
        { Upload = upload, Offset = segment.Recorded };
    }

    /// <summary>All bytes came and are not the file that was declared. Nothing is published, and going on cannot mend it, unless somebody else does already.</summary>
    private async Task<Result<StreamReceipt>> WrongFileAsync(StreamAppend request, Upload upload, string detail)
    {
        var ended = await states.EndStreamAsync(request.Caller, request.Upload, upload.Epoch, UploadState.Failed, "the whole-file SHA-256 is not the declared one", CancellationToken.None);
        if (ended.Failure is { Error: UploadError.TakenOver } late)
            return late;
        return new UploadFailure(UploadError.FileDigestMismatch, detail) { Upload = ended.Ok ? ended.Value : upload };
    }

    private async Task RecordFailureAsync(StreamAppend request, string kind, StreamSegment segment, DateTimeOffset startedAt)
    {
        UploadLog.Broke(log, request.Upload, kind, request.Offset, segment.Offset - request.Offset, segment.Recorded - request.Offset);
        // Where that fails the client is told no address, as there is nothing to go on with.
        if (request.Unrecorded is { } unrecorded)
            _ = await unrecorded.RecordAsync(states, CancellationToken.None);
        var now = time.GetUtcNow();
        try
        {
            await states.RecordFailureAsync(
                request.Upload,
                new FailedAttempt(now, kind, request.Offset, segment.Offset - request.Offset, segment.Recorded - request.Offset, now - startedAt),
                CancellationToken.None);
        }
        catch (LedgerUnavailableException exception)
        {
            UploadLog.FailureNotRecorded(log, request.Upload, exception);
        }
    }
}
