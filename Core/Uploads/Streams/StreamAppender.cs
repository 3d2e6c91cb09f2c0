using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// Appends the bytes of a request to a stream: steps 3 to 7 of "The path of a PATCH" in ARCHITECTURE.md. The base class inspects and claims
/// (3, 4; E14). Then a writer at another node is stopped, the epoch is raised after a takeover, and the size is set. 5. Opens the last
/// segment, or a new one after a takeover, and receives the body with checkpoints, or without them if a checksum was declared (E15). 6. and
/// 7. <see cref="StreamFinisher"/> flushes and records the end. If the body breaks off, every byte that the socket delivered is kept.
/// </summary>
public sealed class StreamAppender(
    IStreamLedger ledger, IUploadLedger uploads, WriterClaims claims, OtherNodes nodes, ContentCheck check, Admission admission,
    StreamSegments segments, StreamFinisher finisher, Receptions receptions)
    : ClaimedWriter<StreamAppend, StreamInspection, StreamReceipt>(claims, receptions)
{
    /// <param name="cancellationToken">Fires when the client has disconnected.</param>
    public Task<Result<StreamReceipt>> AppendAsync(StreamAppend request, UploadBody body, CancellationToken cancellationToken) =>
        WriteClaimedAsync(request, body, cancellationToken);

    /// <summary>
    /// The offset at which the next append is accepted. Stops a running append first, also at other nodes, and waits until it has recorded
    /// what it has (E14).
    /// Works in every state for as long as the upload is remembered. Costs one query, and another statement only if the upload has or had a
    /// writer.
    /// </summary>
    /// <param name="protocol">The protocol of the request: it must not stop an append of another protocol.</param>
    public async Task<Result<Upload>> OffsetAsync(Caller caller, UploadId id, UploadProtocol protocol, CancellationToken cancellationToken)
    {
        while (true)
        {
            var version = Claims.VersionOf(id, WriterClaims.WholeStream);
            if (await uploads.FindAsync(caller, id, cancellationToken) is not { } found || found.Protocol != protocol)
                return UploadRefusals.NotFound(id);
            var upload = await check.EnsureAsync(found, cancellationToken);
            if (upload.State is not (UploadState.Open or UploadState.Paused) || upload.DamagedAt is not null || upload.IsElsewhere)
            {
                Claims.ForgetFenced(upload);
                return upload;
            }

            var confirmed = true;
            if (nodes.Any)
            {
                // A writer at another node stops, too, and the row is read after the answers. A node that confirms nothing may still
                // record: the node of the writer in the row, or any node if the row has no writer yet.
                var answers = await nodes.AskAllAsync(StopRequest.ForOffset(id, upload.Epoch), cancellationToken);
                if (await uploads.FindAsync(caller, id, cancellationToken) is not { State: UploadState.Open or UploadState.Paused } after)
                    continue;
                upload = after;
                confirmed = upload.Writer is null
                    ? !answers.Values.Contains(StopAnswer.NotConfirmed)
                    : segments.OtherWriter(upload) is not { } writer || answers.GetValueOrDefault(writer) != StopAnswer.NotConfirmed;
            }

            // The answer comes from the statement that raises the epoch. The statement does nothing if a newer append has raised it
            // meanwhile: that append is asked to stop like any other.
            using var claim = await Claims.TakeForOffsetAsync(caller, id, cancellationToken);
            if (claim is not null || !confirmed)
            {
                if (await ledger.RaiseEpochAsync(caller, id, upload.Epoch, cancellationToken) is not { } raised)
                    continue;
                Claims.ForgetFenced(raised);
                return raised;
            }

            if (version == Claims.VersionOf(id, WriterClaims.WholeStream))
                return upload;
            if (await uploads.FindAsync(caller, id, cancellationToken) is { } now)
                return now;
        }
    }

    protected override async Task<StreamInspection> InspectAsync(
        StreamAppend request, bool mayUseCache, CancellationToken cancellationToken)
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

    protected override Result<StreamReceipt>? AnswerBeforeClaim(StreamAppend request, UploadBody body, StreamInspection seen) =>
        Answer(StreamRules.RefuseBeforeClaim(request, seen.Upload) ??
            StreamRules.RefusePermanently(request, body, seen.Upload!, admission));

    protected override Result<StreamReceipt>? AnswerUnderClaim(StreamAppend request, UploadBody body, StreamInspection seen) =>
        Answer(StreamRules.Refuse(request, body, seen.Upload, admission));

    /// <summary>
    /// An append does not wait for the timeout of a dead connection. It does not stop a writer at another offset, so that one of two
    /// requests with the same offset succeeds. A writer that has more than is recorded, and does not record it in time, is stopped all the
    /// same.
    /// </summary>
    protected override Task<(WriterClaim? Claim, bool Stale)> TakeAsync(
        StreamAppend request, long version, bool atAnyOffset, CancellationToken cancellationToken) =>
        Claims.TakeStreamAsync(request.Caller, request.Upload, request.Offset, version, atAnyOffset, cancellationToken);

    protected override async Task<Result<StreamReceipt>> ReceiveAsync(
        StreamAppend request, UploadBody body, StreamInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        claim.Epoch = seen.Upload!.Epoch;
        if (nodes.Any && !seen.Upload.IsReceived && segments.OtherWriter(seen.Upload) is { } writer)
        {
            seen = await StopOtherAsync(request, seen.Upload, writer, cancellationToken);
            if (AnswerUnderClaim(request, body, seen) is { } answer)
                return answer;
        }

        if (seen.Upload!.IsReceived)
            return await RepeatAsync(body, seen.Upload, claim, cancellationToken);
        var prepared = await PrepareAsync(request, body, seen, claim, cancellationToken);
        if (!prepared.Ok)
            return prepared.Failure;
        return Receptions.CloseIfEnded(await AppendAsync(request, body, prepared.Value, claim, cancellationToken));
    }

    /// <summary>Makes the stream this request's: fences the previous writer, and fixes what the request declares.</summary>
    private async Task<Result<StreamInspection>> PrepareAsync(
        StreamAppend request, UploadBody body, StreamInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        var upload = seen.Upload!;
        // The previous writer may still be running. Raise the epoch so that its late checkpoints are rejected (E14).
        var isTakenOver = claim.TakesOver || segments.IsOfAnotherIncarnation(seen);
        if (isTakenOver)
        {
            var raised = await RaiseEpochAsync(request, upload, claim, cancellationToken);
            if (!raised.Ok)
                return raised.Failure;
            upload = raised.Value;
        }

        var size = StreamRules.SizeAfter(request, body, upload);
        if ((size is not null && size != upload.Size) || (request.Sha256 is not null && request.Sha256 != upload.DeclaredSha256))
        {
            var declared =
                await ledger.DeclareAsync(request.Caller, request.Upload, upload.Epoch, size, request.Sha256, cancellationToken);
            if (!declared.Ok)
                return declared.Failure;
            upload = declared.Value;
        }

        claim.Epoch = upload.Epoch;
        return seen with { Upload = upload, IsTakenOver = isTakenOver };
    }

    /// <summary>
    /// Asks the node that holds the epoch to stop its writer, and reads the stream after the answer: its offset, its writer and the state
    /// of its digest. As within a node, a writer at another offset is stopped only if the ledger knows of no more.
    /// </summary>
    private async Task<StreamInspection> StopOtherAsync(
        StreamAppend request, Upload upload, long writer, CancellationToken cancellationToken)
    {
        var stop = StopRequest.ForAppend(request.Upload, request.Offset, upload.Epoch);
        var answer = await nodes.AskAsync(writer, stop, cancellationToken);
        var seen = await InspectAsync(request, mayUseCache: false, cancellationToken);
        if (answer != StopAnswer.FurtherOn || seen.Upload is not { IsReceived: false } now || now.ReceivedBytes != request.Offset)
            return seen;
        _ = await nodes.AskAsync(writer, stop with { At = null }, cancellationToken);
        return await InspectAsync(request, mayUseCache: false, cancellationToken);
    }

    private async Task<Result<StreamReceipt>> AppendAsync(
        StreamAppend request, UploadBody body, StreamInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        // 5. Open. An empty body needs no segment: it can only complete the upload.
        if (body.Length == 0)
        {
            return StreamRules.RefuseChecksum(request, seen.Upload!) is { } unverified
                ? unverified
                : await finisher.FinishEmptyAsync(request, body, seen.Upload!, cancellationToken);
        }

        var begun = Receptions.Begin(seen.Upload!, body, claim);
        if (!begun.Ok)
            return begun.Failure;
        using var reception = begun.Value;
        var opened = await segments.OpenAsync(request, body, seen, claim, cancellationToken);
        if (!opened.Ok)
            return opened.Failure;
        await using var segment = opened.Value;
        var append = new RunningAppend(request, body, segment, reception);
        try
        {
            var limit = admission.LargestEnd(request.Caller, segment.Upload) - request.Offset;
            var end = await reception.ReceiveAsync(segment, request.Offset, limit, cancellationToken);
            // The remaining steps run to their end even if the client disconnects.
            return await finisher.EndAsync(append, end);
        }
        catch (StoreException exception)
        {
            return await finisher.FailAsync(append, exception);
        }
        finally
        {
            await segments.CloseAsync(segment);
        }
    }

    /// <summary>The client repeats its last request because the answer was lost. Without bytes the repetition changes nothing.</summary>
    private async Task<Result<StreamReceipt>> RepeatAsync(
        UploadBody body, Upload upload, WriterClaim claim, CancellationToken cancellationToken)
    {
        var end = BodyEnd.Complete;
        if (body.Length != 0)
            (end, _) = await Receptions.ReadAsync(upload, body, NoBytes.Instance, 0, claim, cancellationToken);
        return end == BodyEnd.Complete
            ? new StreamReceipt(upload, upload.ReceivedBytes)
            : end.ToFailure(upload, upload.ReceivedBytes);
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
                Claims.ForgetFenced(now);
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

    private static Result<StreamReceipt>? Answer(UploadFailure? refusal) => refusal is { } failure ? failure : (Result<StreamReceipt>?)null;
}
