using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Chunks;

/// <summary>
/// Receives one chunk: steps 3 to 7 of "The path of a chunk" in ARCHITECTURE.md. <see cref="ClaimedWriter{TRequest,TSeen,TReceipt}"/> has
/// steps 3 and 4: query the ledger, or the cache of recent sessions, and check the rules in order; claim the offset, waiting while its
/// current writer makes progress. 5. Open a new file, or the file of the kept prefix; count, hash and write. 6. Verify the declared digest;
/// flush, rename, flush the directory. 7. Record. If step 5, 6 or 7 fails, the received prefix is kept, or nothing is left.
/// </summary>
public sealed class ChunkWriter(
    IChunkLedger ledger, IRunningHashes hashes, WriterClaims claims, OtherNodes nodes, PrefixKeeper prefixes, ContentCheck check,
    BackgroundWork background, ChunkRules rules, Receptions receptions)
    : ClaimedWriter<ChunkRequest, ChunkInspection, ChunkReceipt>(claims, receptions)
{
    private const string OfChunk = " of the chunk";

    /// <summary>Receives a chunk or the rest of a broken one, verifies it, makes it durable and records it.</summary>
    /// <param name="cancellationToken">Fires when the client has disconnected.</param>
    public Task<Result<ChunkReceipt>> WriteAsync(ChunkRequest request, UploadBody body, CancellationToken cancellationToken) =>
        WriteClaimedAsync(request, body, cancellationToken);

    /// <summary>
    /// How much of the chunk at this offset is kept. Asks the current writer to stop first, also at other nodes, because its client has
    /// reconnected (E18).
    /// </summary>
    public async Task<Result<ChunkStatus>> StatusAsync(Caller caller, UploadId id, long offset, CancellationToken cancellationToken)
    {
        if (offset < 0)
            return new UploadFailure(UploadError.NoSuchRange, "An offset must not be negative.");
        var seen = await ledger.InspectChunkAsync(caller, id, new ByteRange(offset, 1), cancellationToken);
        if (seen.Upload is null)
            return UploadRefusals.NotFound(id);
        if (UploadRefusals.IfElsewhere(await check.EnsureAsync(seen.Upload, cancellationToken)) is { } elsewhere)
            return elsewhere;
        var others = nodes.Any ? nodes.AskAllAsync(StopRequest.ForChunk(id, offset), cancellationToken) : Task.CompletedTask;
        await Task.WhenAll(Claims.StopAsync(id, offset, cancellationToken), others);
        seen = await ledger.InspectChunkAsync(caller, id, new ByteRange(offset, 1), cancellationToken);
        if (seen.Upload is not { } upload)
            return UploadRefusals.NotFound(id);
        if (upload.DamagedAt is not null)
            return UploadRefusals.Damaged(upload);
        if (seen.Same is { } received && ChunkRules.StillHasBytes(upload))
            return new ChunkStatus(upload, received.Range.Length, received.Sha256, received.Range.Length);
        if (!upload.IsLive)
            return UploadRefusals.RefuseBytes(upload, UploadProtocol.Session) ?? UploadRefusals.NotFound(id);
        if (seen.Prefix is { } prefix && await prefixes.TrustAsync(id, prefix, cancellationToken))
            return new ChunkStatus(upload, prefix.Kept, null, prefix.Length);
        return new UploadFailure(UploadError.NoSuchRange,
            $"The service keeps no bytes of a chunk at offset {offset}; send the chunk from its beginning.")
        { Upload = upload };
    }

    protected override async Task<ChunkInspection> InspectAsync(ChunkRequest request, bool mayUseCache, CancellationToken cancellationToken)
    {
        var length = request.Length is { } known && known > 0 && known <= long.MaxValue - Math.Max(0, request.Offset) ? known : 1;
        var range = new ByteRange(Math.Clamp(request.Offset, 0, long.MaxValue - 1), length);
        var seen = await (mayUseCache && !request.Continues
            ? ledger.InspectNewChunkAsync(request.Caller, request.Upload, range, cancellationToken)
            : ledger.InspectChunkAsync(request.Caller, request.Upload, range, cancellationToken));
        return seen.Upload is null ? seen : seen with { Upload = await check.EnsureAsync(seen.Upload, cancellationToken) };
    }

    /// <summary>The answer that needs no byte of the body: a refusal, or the receipt of a chunk that was received before.</summary>
    protected override Result<ChunkReceipt>? AnswerBeforeClaim(ChunkRequest request, UploadBody body, ChunkInspection seen)
    {
        if (seen.Upload is { DamagedAt: null } upload && ChunkRules.StillHasBytes(upload) && seen.Same is { } same
            && ChunkRules.IsSame(request, seen))
            return new ChunkReceipt(upload, same.Range, same.Sha256, Fresh: false);
        if (rules.Refuse(request, body, seen) is { } refusal)
            return refusal;
        return null;
    }

    protected override Result<ChunkReceipt>? AnswerUnderClaim(ChunkRequest request, UploadBody body, ChunkInspection seen) =>
        AnswerBeforeClaim(request, body, seen);

    protected override async Task<(WriterClaim? Claim, bool Stale)> TakeAsync(
        ChunkRequest request, long version, bool atAnyOffset, CancellationToken cancellationToken) =>
        await Claims.TakeAsync(request.Caller, request.Upload, request.Offset, cancellationToken, version);

    protected override async Task<Result<ChunkReceipt>> ReceiveAsync(
        ChunkRequest request, UploadBody body, ChunkInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        var upload = seen.Upload!;
        if (seen.Same is not null)
            return await CompareAsync(request, body, seen, claim, cancellationToken);
        if (seen.Prefix is { } prefix && BelongsToAnotherChunk(request, prefix))
        {
            await prefixes.DropAsync(request.Upload, prefix, cancellationToken);
            if (request.Continues)
                return NothingKept(upload);
        }

        var begun = Receptions.Begin(upload, body, claim);
        if (!begun.Ok)
            return begun.Failure;
        using var reception = begun.Value;

        // 5. Open.
        await using var attempt = await prefixes.OpenAsync(request, seen.Prefix, claim, cancellationToken);
        if (attempt is null)
            return NothingKept(upload);

        // Receive. The remaining steps run to their end even if the client disconnects.
        BodyEnd end;
        try
        {
            end = await reception.ReceiveAsync(
                attempt, request.From, rules.MaxLength(request, upload) - attempt.Kept, cancellationToken);
        }
        catch (StoreException exception)
        {
            var saved = prefixes.Fail(attempt);
            await reception.FailAsync(exception, request.Offset, attempt.Own, attempt.OwnKept);
            return UploadRefusals.Of(exception, upload) with { Offset = saved };
        }

        // The declared digest proves that all bytes arrived, although the end of the message is lost.
        if (BrokeOff(end) && end != BodyEnd.NoSpace && IsWhole(request, attempt))
            end = BodyEnd.Complete;
        if (BrokeOff(end))
            return await KeepAsync(request, upload, attempt, reception, end);

        // 6. Verify.
        return Mismatch(request, body, attempt, end, upload) is { } wrong
            ? await RejectAsync(request, upload, attempt, reception, end, wrong)
            : await CommitAsync(request, attempt, seen.Prefix, upload, reception);
    }

    private static bool BrokeOff(BodyEnd end) => end is not (BodyEnd.Complete or BodyEnd.TooLong);

    /// <summary>The body broke off: keeps what came.</summary>
    private async Task<UploadFailure> KeepAsync(
        ChunkRequest request, Upload upload, ChunkAttempt attempt, Reception reception, BodyEnd end)
    {
        var kept = await prefixes.KeepAsync(request, upload, attempt);
        await reception.EndEarlyAsync(
            end, request.Length ?? attempt.Kept, attempt.Own - attempt.OwnKept, request.Offset, attempt.Own, attempt.OwnKept);
        // The request that stopped this one may have ended the upload. Then the client must not be told to continue.
        if (end == BodyEnd.TakenOver
            && (await InspectAsync(request, mayUseCache: false, CancellationToken.None)).Upload is { IsLive: false } ended
            && UploadRefusals.RefuseBytes(ended, UploadProtocol.Session) is { } refusal)
            return refusal;
        return end.ToFailure(upload, kept, OfChunk);
    }

    /// <summary>
    /// The bytes are not what was announced. A body that is too short is kept as a prefix. A wrong whole-chunk digest discards the prefix
    /// too. Any other fault discards only this request's bytes.
    /// </summary>
    private async Task<UploadFailure> RejectAsync(
        ChunkRequest request, Upload upload, ChunkAttempt attempt, Reception reception, BodyEnd end, UploadFailure wrong)
    {
        if (wrong.Error == UploadError.LengthMismatch && end == BodyEnd.Complete && attempt.Kept > 0 && attempt.Kept < request.Length)
            wrong = wrong with { Offset = await prefixes.KeepAsync(request, upload, attempt) };
        else if (wrong is { Error: UploadError.DigestMismatch, Offset: 0 })
            await prefixes.DiscardAsync(request, attempt);
        else
            prefixes.Withdraw(attempt);
        var isDigest = wrong.Error == UploadError.DigestMismatch;
        if (isDigest)
            reception.End(NetworkOutcome.Checksum, attempt.Kept, attempt.Own);
        await reception.FailAsync(isDigest ? "digest" : "length", request.Offset, attempt.Own, attempt.OwnKept);
        return wrong;
    }

    private static bool BelongsToAnotherChunk(ChunkRequest request, Prefix prefix) =>
        (request.Sha256 is { } digest && prefix.Sha256 is { } announced && digest != announced) ||
        (request.Length is { } length && prefix.Length is { } expected && length != expected);

    private static UploadFailure NothingKept(Upload upload) =>
        new(UploadError.PrefixConflict,
            "The kept part of the chunk belongs to another chunk or is gone; send this chunk from its beginning.")
        {
            Upload = upload,
            Offset = 0
        };

    /// <summary>
    /// A chunk was received before, and the request's digest comes in the trailer: hash the body and compare, without writing.
    /// </summary>
    private async Task<Result<ChunkReceipt>> CompareAsync(
        ChunkRequest request, UploadBody body, ChunkInspection seen, WriterClaim claim, CancellationToken cancellationToken)
    {
        var same = seen.Same!;
        using var sink = new HashOnly(hashes.Start());
        var (end, bytes) = await Receptions.ReadAsync(seen.Upload!, body, sink, same.Range.Length, claim, cancellationToken);
        if (BrokeOff(end))
            return end.ToFailure(seen.Upload!, 0, OfChunk);
        if (end == BodyEnd.Complete && body.TrailerDigest?.Invoke() is { } declared && declared != sink.Digest)
            return Mismatch(sink.Digest, declared, seen.Upload!);
        if (end == BodyEnd.Complete && bytes == same.Range.Length && sink.Digest == same.Sha256)
            return new ChunkReceipt(seen.Upload!, same.Range, same.Sha256, Fresh: false);
        return new UploadFailure(
            UploadError.Overlap, "Another chunk was received at this offset; take it back first.")
        { Upload = seen.Upload };
    }

    private static bool IsWhole(ChunkRequest request, ChunkAttempt attempt) =>
        attempt.Kept > 0 && (request.Length is null || request.Length == attempt.Kept) && request.Sha256 is { } declared
            && declared == attempt.Digest &&
        (request.MessageSha256 is null || request.MessageSha256 == attempt.MessageDigest);

    private static UploadFailure? Mismatch(ChunkRequest request, UploadBody body, ChunkAttempt attempt, BodyEnd end, Upload upload)
    {
        var before = attempt.Claimed?.Kept ?? 0;
        if (end == BodyEnd.TooLong)
        {
            return request.Length is null
                ? new(UploadError.BeyondSize, "The chunk is longer than the upload allows; nothing of it was kept.")
                { Upload = upload, Offset = before }
                : new(UploadError.LengthMismatch, "The body has more bytes than were announced; nothing of this request was kept.")
                { Upload = upload, Offset = before };
        }

        if (attempt.Kept == 0)
            return ChunkRules.Empty(upload);
        if (request.Length is { } length && attempt.Kept != length)
            return new(UploadError.LengthMismatch, $"Only {attempt.Kept} of {length} bytes arrived; send the rest.") { Upload = upload };
        if (request.MessageSha256 is { } message && attempt.MessageDigest != message)
            return new(UploadError.DigestMismatch,
                "Content-Digest does not match the bytes of this request; none of them was kept.")
            { Upload = upload, Offset = before };
        return (request.Sha256 ?? body.TrailerDigest?.Invoke()) switch
        {
            null => new(UploadError.DigestMissing, "The chunk's SHA-256 is missing from the header and the trailer, or malformed; nothing "
                + "was kept.")
            { Upload = upload, Offset = before },
            { } declared when declared != attempt.Digest => Mismatch(attempt.Digest, declared, upload),
            _ => null,
        };
    }

    private static UploadFailure Mismatch(Sha256Digest actual, Sha256Digest declared, Upload upload) =>
        new(UploadError.DigestMismatch, $"The bytes have SHA-256 {actual}, but {declared} was declared; nothing was kept.")
        { Upload = upload, Offset = 0 };

    private async Task<Result<ChunkReceipt>> CommitAsync(
        ChunkRequest request, ChunkAttempt attempt, Prefix? previous, Upload upload, Reception reception)
    {
        var range = new ByteRange(request.Offset, attempt.Kept);
        var digest = attempt.Digest;
        var file = attempt.Writer.File;

        // Make the file durable before the ledger names it (E3, E17).
        if (!await prefixes.MakeDurableAsync(request, attempt))
        {
            await reception.FailAsync("verify", request.Offset, range.Length, 0);
            return new UploadFailure(UploadError.VerifyFailed,
                "The chunk that was read back from the device differs from the received one; send it again.")
            { Upload = upload, Offset = 0 };
        }

        // 7. Record. If the ledger does not answer, unlink nothing: the row may exist (E10). Another attempt may have claimed the prefix
        // and written to its file in the meantime; the ledger then rejects this record (E20).
        var chunk = new NewChunk(request.Upload, range, digest, file, reception.StartedAt)
        { Attempt = attempt.Claimed?.Attempt, IsShared = attempt.IsShared };
        var result = await ledger.RecordChunkAsync(chunk, CancellationToken.None);

        if (result.Outcome == RecordOutcome.Recorded && result.Upload is { } recorded)
        {
            reception.End(NetworkOutcome.Ok, range.Length, 0);
            reception.Publish(new DurableBytes(recorded, attempt.Own, recorded.ReceivedBytes));
            if (recorded.RelayOf is null)
                reception.Publish(new ChunkNotice(recorded.Id, recorded.Tenant, recorded.Subject, range));
            background.ScheduleChunk(recorded);
            if (previous is not null && previous.File != file)
                await prefixes.FreeAsync(request.Upload);
            return new ChunkReceipt(recorded, range, digest, Fresh: true);
        }

        await prefixes.GiveUpAsync(request, attempt);
        if (result is { Outcome: RecordOutcome.Duplicate, Upload: { } unchanged })
            return new ChunkReceipt(unchanged, range, digest, Fresh: false);
        return result.Outcome == RecordOutcome.Conflict ? NothingKept(result.Upload ?? upload) : UploadRefusals.Of(result, range);
    }

    private sealed class HashOnly(IRunningHash hash) : IBodySink, IDisposable
    {
        public Sha256Digest Digest => hash.Current();

        public void Write(ReadOnlySpan<byte> bytes) => hash.Append(bytes);

        public void Dispose() => hash.Dispose();
    }
}
