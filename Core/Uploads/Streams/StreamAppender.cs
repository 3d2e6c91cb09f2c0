using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Receives the bytes that a request appends to a stream: steps 3 to 7 of "The path of a PATCH" in ARCHITECTURE.md. 3. Query the upload,
/// and refuse what needs no claim. 4. Claim the stream, stopping its current writer if the request continues at that writer's offset (E14);
/// compare the offset, raise the epoch if this is a takeover, set the size. 5. Open the last segment again, or a new one after a takeover;
/// receive with checkpoints, or without them under a declared checksum (E15), which is verified at the end. 6. and 7. Flush and record the
/// end, which may complete the upload. If step 5 breaks off, every byte that the socket delivered is kept.
/// </summary>
public sealed partial class StreamAppender(
    IStreamLedger ledger, IUploadQueryLedger uploads, IUploadStateLedger states, WriterClaims claims, ContentCheck check,
    Admission admission, ContentFlusher flusher, TypeCheck types, NetworkBook networks, StreamSegments segments, Receptions receptions,
    ILogger<StreamAppender> log)
{
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
                if (claim.TakesOver || segments.IsOfEarlierIncarnation(seen.Last))
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
            (end, _) = await receptions.ReadAsync(upload, body, NoBytes.Instance, 0, claim, cancellationToken);
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

        var begun = receptions.Begin(seen.Upload!, body, claim);
        if (!begun.Ok)
            return begun.Failure;
        using var reception = begun.Value;
        var opened = await segments.OpenAsync(request, body, seen, claim, cancellationToken);
        if (!opened.Ok)
            return opened.Failure;
        await using var segment = opened.Value;
        try
        {
            return await ReceiveBodyAsync(request, body, segment, reception, cancellationToken);
        }
        catch (StoreException exception)
        {
            UploadLog.StoreFailed(log, request.Upload, exception.Error.ToString(), segment.Offset, exception);
            if (exception.Error == StoreError.FlushFailed)
                flusher.MarkSuspect(segment.File);
            return await FailAsync(request, segment, UploadRefusals.Of(exception, segment.Upload), "storage", reception);
        }
        finally
        {
            await segments.CloseAsync(segment);
        }
    }

    private async Task<Result<StreamReceipt>> ReceiveBodyAsync(
        StreamAppend request, UploadBody body, StreamSegment segment, Reception reception, CancellationToken cancellationToken)
    {
        var upload = segment.Upload;

        BodyEnd end;
        UploadFailure? failure = null;
        try
        {
            var limit = admission.LargestEnd(request.Caller, upload) - request.Offset;
            (end, _) = await reception.ReceiveAsync(segment, limit, cancellationToken);
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
            var kept = await KeepReceivedAsync(request, segment, upload, end, failure, reception);
            reception.End(
                failure is null ? end.ToNetworkOutcome() : NetworkOutcome.Unrelated, body.Length ?? reception.Bytes,
                segment.Offset - segment.RecordedOffset);
            return kept;
        }

        // Verify.
        if (StreamRules.RefuseChecksum(request, upload) is { } wrong)
        {
            reception.End(NetworkOutcome.Checksum, reception.Bytes, reception.Bytes);
            return await FailAsync(request, segment, wrong, "digest", reception);
        }

        var finished = await FinishAsync(request, body, segment, upload, reception);
        if (finished.Ok)
            reception.End(NetworkOutcome.Ok, reception.Bytes, 0);
        return finished;
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
        StreamAppend request, StreamSegment segment, Upload upload, BodyEnd end, UploadFailure? failure, Reception reception)
    {
        // A checksum cannot be verified any more (E15), and of a body that is too long only the last checkpoint counts. In every other case
        // all received bytes are kept, except the byte that would complete the upload (E16).
        if (request.Checksum is not null || end == BodyEnd.TooLong)
        {
            failure ??= StreamRules.Broken(end, upload, segment.RecordedOffset);
            return await FailAsync(request, segment, failure, end.ToFailureKind(), reception);
        }

        var result = segment.Keepable > segment.RecordedOffset ? await segment.CheckpointKeepableAsync() : null;
        if (result is { Outcome: not RecordOutcome.Recorded })
            return UploadRefusals.Of(result, ByteRange.Between(request.Offset, segment.Offset));
        await RecordFailureAsync(request, end.ToFailureKind(), segment, reception);
        return (failure ?? StreamRules.Broken(end, upload, segment.RecordedOffset)) with { Offset = segment.RecordedOffset };
    }

    private async Task<UploadFailure> FailAsync(
        StreamAppend request, StreamSegment segment, UploadFailure failure, string kind, Reception reception)
    {
        await RecordFailureAsync(request, kind, segment, reception);
        return failure with { Offset = segment.RecordedOffset };
    }

    private async Task RecordFailureAsync(StreamAppend request, string kind, StreamSegment segment, Reception reception)
    {
        // If this fails, the client gets no address, as there is no upload to resume.
        if (request.Deferred is { } deferred)
            _ = await deferred.RecordAsync(states, CancellationToken.None);
        await reception.FailAsync(kind, request.Offset, segment.Offset - request.Offset, segment.RecordedOffset - request.Offset);
    }
}
