using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Receives the bytes that a request appends to a stream: steps 3 to 7 of "The path of a PATCH" in ARCHITECTURE.md. 3. Query the upload,
/// and refuse what needs no claim. 4. Claim the stream, stopping its current writer if the request continues at that writer's offset (E14);
/// compare the offset, raise the epoch if this is a takeover, set the size. 5. Open the last segment again, or a new one after a takeover;
/// receive with checkpoints, or without them under a declared checksum (E15), which is verified at the end. 6. and 7. Flush and record the
/// end, which may complete the upload. If step 5 breaks off, every byte that the socket delivered is kept.
/// </summary>
public sealed partial class StreamAppender(
    IStreamLedger ledger, IUploadQueryLedger uploads, IUploadStateLedger states, FailureRecorder failures, IChunkStore store,
    IRunningHashes hashes, ExtentReader extents, WriterClaims claims, ContentCheck check, Admission admission, ContentFlusher flusher,
    FileRemover remover, Incarnation incarnation, NetworkBook networks, IOptions<UploadOptions> options, StoppingSignal stopping,
    IBandwidthLimiter limiter, DayBook days, UploadHub hub, TypeCheck types, TimeProvider time, ILogger<StreamAppender> log)
{
    private readonly BodyPump _pump = new(options, limiter, time, stopping);
    private readonly CheckpointSlots _slots = new(time);

    /// <param name="cancellationToken">Fires when the client has disconnected.</param>
    public async Task<Result<StreamReceipt>> AppendAsync(StreamAppend request, UploadBody body, CancellationToken cancellationToken)
    {
        // 3. Query and check the rules before claiming: taking the claim asks the current writer to stop.
        var version = claims.VersionOf(request.Upload, WriterClaims.WholeStream);
        var seen = await InspectAsync(request, cancellationToken);
        var early = RefuseEarly(seen);
        if (early is not null && seen.IsCached)
        {
            seen = await InspectAsync(request, cancellationToken);
            early = RefuseEarly(seen);
        }

        if (early is not null)
            return early;

        // 4. An append does not wait for the timeout of a dead connection. It does not stop a writer at another offset, so that one of two
        // requests with the same offset succeeds. A writer that has more than is recorded, and does not record it in time, is stopped all
        // the same.
        var (taken, stale) =
            await claims.TakeStreamAsync(request.Caller, request.Upload, request.Offset, version, atAnyOffset: false, cancellationToken);
        if (taken is null)
        {
            seen = await InspectAsync(request, cancellationToken);
            if (StreamRules.Refuse(request, body, seen.Upload, admission) is { } conflict)
                return conflict;
            (taken, stale) =
                await claims.TakeStreamAsync(request.Caller, request.Upload, request.Offset, version, atAnyOffset: true, cancellationToken);
        }

        using (var claim = taken!)
        {
            try
            {
                if (stale || (seen.IsCached && StreamRules.Refuse(request, body, seen.Upload, admission) is not null))
                    seen = await InspectAsync(request, cancellationToken);

                // Compare offset, epoch and size under the claim.
                if (StreamRules.Refuse(request, body, seen.Upload, admission) is { } refusal)
                    return refusal;
                var upload = seen.Upload!;
                if (upload.IsReceived)
                    return await RepeatAsync(body, upload, claim, cancellationToken);
                // The previous writer may still be running. Raise the epoch so that its late checkpoints are rejected (E14).
                if (claim.TakesOver || (seen.Last is { } last && last.File.Incarnation != incarnation.Id))
                {
                    var raised = await RaiseEpochAsync(request, upload, claim, cancellationToken);
                    if (!raised.Ok)
                        return raised.Failure;
                    seen = seen with { Upload = upload = raised.Value };
                }

                var size = StreamRules.SizeAfter(request, body, upload);
                if ((size is not null && size != upload.Size) || (request.Sha256 is not null && request.Sha256 != upload.DeclaredSha256))
                {
                    var declared = await ledger.DeclareAsync(
                        request.Caller, request.Upload, upload.Epoch, size, request.Sha256, cancellationToken);
                    if (!declared.Ok)
                        return declared.Failure;
                    seen = seen with { Upload = declared.Value };
                }

                return networks.CloseIfEnded(await ReceiveAsync(request, body, seen, claim, cancellationToken));
            }
            catch (StoreException exception)
            {
                UploadLog.StoreFailed(log, request.Upload, exception.Error.ToString(), request.Offset, exception);
                return UploadRefusals.Of(exception, seen.Upload);
            }
        }

        UploadFailure? RefuseEarly(StreamInspection inspection) =>
            StreamRules.RefuseBeforeClaim(request, inspection.Upload) ??
            StreamRules.RefusePermanently(request, body, inspection.Upload!, admission);
    }

    /// <summary>
    /// The offset at which the next append is accepted. Stops a running append first and waits until it has recorded what it has (E14).
    /// Works in every state for as long as the upload is remembered. Costs one query, and another statement only if the upload has or had a
    /// writer.
    /// </summary>
    /// <param name="protocol">The protocol of the request: it must not stop an append of another protocol.</param>
    public async Task<Result<Upload>> OffsetAsync(Caller caller, UploadId id, UploadProtocol protocol, CancellationToken cancellationToken)
    {
        while (true)
        {
            var version = claims.VersionOf(id, WriterClaims.WholeStream);
            if (await uploads.FindAsync(caller, id, cancellationToken) is not { } found || found.Protocol != protocol)
                return UploadRefusals.NotFound(id);
            var upload = await check.EnsureAsync(found, cancellationToken);
            if (upload.State is not (UploadState.Open or UploadState.Paused) || upload.DamagedAt is not null || upload.IsElsewhere)
            {
                claims.ForgetFenced(upload);
                return upload;
            }

            // The answer comes from the statement that raises the epoch. The statement does nothing if a newer append has raised it
            // meanwhile: that append is asked to stop like any other.
            using var claim = await claims.TakeForOffsetAsync(caller, id, cancellationToken);
            if (claim is not null)
            {
                if (await ledger.RaiseEpochAsync(caller, id, upload.Epoch, cancellationToken) is not { } raised)
                    continue;
                claims.ForgetFenced(raised);
                return raised;
            }

            if (version == claims.VersionOf(id, WriterClaims.WholeStream))
                return upload;
            if (await uploads.FindAsync(caller, id, cancellationToken) is { } now)
                return now;
        }
    }

    /// <summary>The client repeats its last request because the answer was lost. Without bytes the repetition changes nothing.</summary>
    private async Task<Result<StreamReceipt>> RepeatAsync(
        UploadBody body, Upload upload, WriterClaim claim, CancellationToken cancellationToken)
    {
        var end = BodyEnd.Complete;
        if (body.Length != 0)
            (end, _) = await _pump.RunAsync(body, NoBytes.Instance, 0, claim, cancellationToken);
        return end == BodyEnd.Complete
            ? new StreamReceipt(upload, upload.ReceivedBytes)
            : StreamRules.Broken(end, upload, upload.ReceivedBytes);
    }

    private async Task<StreamInspection> InspectAsync(StreamAppend request, CancellationToken cancellationToken)
    {
        var seen = request.Deferred?.Seen ?? await ledger.InspectStreamAsync(request.Caller, request.Upload, cancellationToken);
        if (seen.Upload is not { } upload)
            return seen;
        var checkedUpload = await check.EnsureAsync(upload, cancellationToken);
        if (checkedUpload.IsElsewhere)
            return seen with { Upload = checkedUpload };
        return ReferenceEquals(checkedUpload, upload)
            ? seen
            : await ledger.InspectStreamAsync(request.Caller, request.Upload, cancellationToken);
    }

    private async Task<Result<StreamReceipt>> ReceiveAsync(
        StreamAppend request, UploadBody body, StreamInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        // 5. Open. An empty body needs no segment: it can only complete the upload.
        if (body.Length == 0)
        {
            return StreamRules.RefuseChecksum(request, seen.Upload!) is { } unverified
                ? unverified
                : await FinishEmptyAsync(request, body, seen.Upload!, cancellationToken);
        }

        using var day = days.Begin(request.Caller, FlowDirection.Receive, body.Length ?? 1, out var excess);
        if (excess is not null)
            return excess.ToFailure(seen.Upload);
        claim.Day = day;
        var opened = await OpenAsync(request, body, seen, claim, cancellationToken);
        if (!opened.Ok)
            return opened.Failure;
        await using var segment = opened.Value;
        claim.File = segment.File;
        claim.Priority = seen.Upload!.Priority;
        var startedAt = time.GetUtcNow();
        try
        {
            return await ReceiveBodyAsync(request, body, segment, claim, startedAt, cancellationToken);
        }
        catch (StoreException exception)
        {
            UploadLog.StoreFailed(log, request.Upload, exception.Error.ToString(), segment.Offset, exception);
            if (exception.Error == StoreError.FlushFailed)
                flusher.MarkSuspect(segment.File);
            return await FailAsync(request, segment, UploadRefusals.Of(exception, segment.Upload), "storage", startedAt);
        }
        finally
        {
            await segment.CloseAsync(remover);
        }
    }

    private async Task<Result<StreamReceipt>> ReceiveBodyAsync(
        StreamAppend request, UploadBody body, StreamSegment segment, WriterClaim claim, DateTimeOffset startedAt,
        CancellationToken cancellationToken)
    {
        var upload = segment.Upload;

        BodyEnd end;
        using var watch = networks.Open(request.Upload, request.Caller);
        UploadFailure? failure = null;
        try
        {
            var limit = admission.LargestEnd(request.Caller, upload) - request.Offset;
            (end, _) = await _pump.RunAsync(body, segment, limit, claim, cancellationToken, watch);
        }
        catch (StoreException exception) when (exception.Error == StoreError.NoSpace)
        {
            UploadLog.StoreFailed(log, request.Upload, exception.Error.ToString(), segment.Offset, exception);
            failure = UploadRefusals.Of(exception, upload);
            end = BodyEnd.Disconnected;
        }

        if (segment.Refused is { } refused)
            return UploadRefusals.Of(refused, ByteRange.Between(request.Offset, segment.Offset)) with { Upload = refused.Upload ?? upload };
        if (end != BodyEnd.Complete)
        {
            var kept = await KeepReceivedAsync(request, segment, upload, end, failure, startedAt);
            watch.End(
                failure is null ? end.ToNetworkOutcome() : NetworkOutcome.Unrelated, body.Length ?? watch.Bytes,
                segment.Offset - segment.RecordedOffset);
            return kept;
        }

        // Verify.
        if (StreamRules.RefuseChecksum(request, upload) is { } wrong)
        {
            watch.End(NetworkOutcome.Checksum, watch.Bytes, watch.Bytes);
            return await FailAsync(request, segment, wrong, "digest", startedAt);
        }

        var finished = await FinishAsync(request, body, segment, upload, startedAt);
        if (finished.Ok)
            watch.End(NetworkOutcome.Ok, watch.Bytes, 0);
        return finished;
    }

    private async Task<Result<StreamSegment>> OpenAsync(
        StreamAppend request, UploadBody body, StreamInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        var upload = seen.Upload!;
        var hash = seen.Hash is { } saved ? hashes.Restore(saved.State) : upload.ReceivedBytes == 0 ? hashes.Start() : null;
        if (hash?.Length != upload.ReceivedBytes)
        {
            hash?.Dispose();
            // There is no saved state, or it has another machine's format: read the received bytes once.
            hash = hashes.Start();
            await extents.HashAsync(upload.Id, hash, upload.ReceivedBytes, cancellationToken);
            if (seen.Digest is { } recorded && recorded != hash.Current())
            {
                const string reason = "the bytes that are there are not the ones that were received";
                hash.Dispose();
                await check.QuarantineAsync(upload.Id, reason);
                return UploadRefusals.Damaged(upload);
            }
        }

        try
        {
            var expected = body.Length ?? (upload.Size - upload.ReceivedBytes);
            // Append to the last segment unless a previous writer may still write to its file: after a takeover, and after a restart.
            if (!claim.TakesOver && seen.Last is { FileOffset: 0, File.Kind: StoredFileKind.Segment } last &&
                last.File.Incarnation == incarnation.Id && !flusher.IsSuspect(last.File))
            {
                var same = await store.ReopenAsync(last.File, upload.ReceivedBytes - last.Range.Offset + expected, cancellationToken);
                return new StreamSegment(
                    upload, same, hash, last.Range.Offset, request, ledger, claim, options.Value, _slots, hub, time);
            }

            // The last segment does not grow any more. Cut off what its writer did not record, and return the space reserved for it.
            if (seen.Last is { FileOffset: 0, File.Kind: StoredFileKind.Segment } previous)
                (store as IPreallocatingStore)?.Trim(previous.File, previous.Range.Length);
            var fresh = await store.CreateAsync(StoredFile.New(StoredFileKind.Segment, incarnation.Id), expected, cancellationToken);
            return new StreamSegment(
                upload, fresh, hash, upload.ReceivedBytes, request, ledger, claim, options.Value, _slots, hub, time);
        }
        catch
        {
            hash.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Afterwards the ledger rejects every checkpoint of a previous writer (E14). Raises nothing if the offset has moved since the query,
    /// or if a newer request has raised the epoch.
    /// </summary>
    private async Task<Result<Upload>> RaiseEpochAsync(
        StreamAppend request, Upload seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        var epoch = seen.Epoch;
        while (true)
        {
            var raised = await ledger.RaiseEpochAsync(request.Caller, seen.Id, epoch, cancellationToken);
            var now = raised ?? await uploads.FindAsync(request.Caller, seen.Id, cancellationToken);
            if (now is not null)
                claims.ForgetFenced(now);
            // Since the query the upload may have ended, or the previous writer may have recorded its last checkpoint.
            if (StreamRules.RefuseBeforeClaim(request, now) is { } refusal)
                return refusal;
            if (now!.ReceivedBytes != seen.ReceivedBytes)
                return raised is null ? StreamRules.TakenOver(now) : StreamRules.OffsetConflict(request, now);
            if (raised is not null)
                return raised;
            // Another request has raised the epoch since the query. If it is newer, it asked this request to stop before it did so.
            if (claim.StopRequested.IsCancellationRequested)
                return StreamRules.TakenOver(now);
            epoch = now.Epoch;
        }
    }

    /// <summary>The body broke off: records what is kept of it, and returns the failure with the durable offset.</summary>
    private async Task<Result<StreamReceipt>> KeepReceivedAsync(
        StreamAppend request, StreamSegment segment, Upload upload, BodyEnd end, UploadFailure? failure, DateTimeOffset startedAt)
    {
        // A checksum cannot be verified any more (E15), and of a body that is too long only the last checkpoint counts. In every other case
        // all received bytes are kept, except the byte that would complete the upload (E16).
        if (request.Checksum is not null || end == BodyEnd.TooLong)
        {
            failure ??= StreamRules.Broken(end, upload, segment.RecordedOffset);
            return await FailAsync(request, segment, failure, end.ToFailureKind(), startedAt);
        }

        var result = segment.Keepable > segment.RecordedOffset ? await segment.CheckpointKeepableAsync() : null;
        if (result is { Outcome: not RecordOutcome.Recorded })
            return UploadRefusals.Of(result, ByteRange.Between(request.Offset, segment.Offset));
        await RecordFailureAsync(request, end.ToFailureKind(), segment, startedAt);
        return (failure ?? StreamRules.Broken(end, upload, segment.RecordedOffset)) with { Offset = segment.RecordedOffset };
    }

    private async Task<Result<StreamReceipt>> FailAsync(
        StreamAppend request, StreamSegment segment, UploadFailure failure, string kind, DateTimeOffset startedAt)
    {
        await RecordFailureAsync(request, kind, segment, startedAt);
        return failure with { Offset = segment.RecordedOffset };
    }

    private async Task RecordFailureAsync(StreamAppend request, string kind, StreamSegment segment, DateTimeOffset startedAt)
    {
        // If this fails, the client gets no address, as there is no upload to resume.
        if (request.Deferred is { } deferred)
            _ = await deferred.RecordAsync(states, CancellationToken.None);
        await failures.RecordAsync(
            segment.Upload, kind, request.Offset, segment.Offset - request.Offset, segment.RecordedOffset - request.Offset, startedAt);
    }
}
