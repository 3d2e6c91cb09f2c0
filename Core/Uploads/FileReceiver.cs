using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <param name="Sha256">Declared by the client; compared before the file is published.</param>
public sealed record NewFile(Caller Caller, string FileName, string ContentType, Sha256Digest? Sha256);

/// <summary>
/// One request, one file, streamed: 1. refuse what cannot fit; 2. create; 3. receive with checkpoints; 4. compare; 5. flush, record and
/// complete in one transaction. A request that breaks off leaves nothing: it has no address to go on at.
/// </summary>
public sealed class FileReceiver(
    IUploadLedger ledger, IChunkStore store, IRunningHashes hashes, WriterClaims claims, FileRemover remover, UploadDesk desk,
    ServiceLife life, IOptions<UploadOptions> options, StoppingSignal stopping, TimeProvider time, ILogger<FileReceiver> log)
{
    private readonly BodyPump _pump = new(options, time, stopping);

    /// <summary>The finished file; on a broken request nothing is kept.</summary>
    public async Task<Result<Upload>> ReceiveAsync(NewFile file, UploadBody body, CancellationToken cancellationToken)
    {
        // 1 and 2.
        if (desk.RefuseSize(body.Length) is { } refusal)
            return refusal;
        var created = await ledger.CreateAsync(
            new NewUpload(
                UploadId.New(), file.Caller, UploadProtocol.Put, file.FileName, file.ContentType, new Dictionary<string, string>(),
                body.Length, file.Sha256, options.Value.IdleExpiry, null, null),
            cancellationToken);
        if (!created.Ok)
            return created.Failure;
        var upload = created.Value.Upload;

        UploadFailure failure;
        var (claim, _) = await claims.TakeAsync(upload.Id, WriterClaims.Stream, cancellationToken);
        using (claim)
        {
            try
            {
                var received = await ReceiveAsync(file, upload, body, claim, cancellationToken);
                if (received.Ok)
                    return received;
                failure = received.Failure;
            }
            catch (StoreException exception)
            {
                UploadLog.StoreFailed(log, upload.Id, exception.Error.ToString(), 0, exception);
                failure = UploadRules.Of(exception, upload);
            }
            catch (LedgerUnavailableException)
            {
                // Perhaps it was completed just now, perhaps not; the purge settles it, and nothing is unlinked (E10).
                throw;
            }
        }

        await GiveUpAsync(upload, failure);
        return failure;
    }

    private async Task<Result<Upload>> ReceiveAsync(
        NewFile file, Upload upload, UploadBody body, WriterClaim claim, CancellationToken cancellationToken)
    {
        // 3. Receive.
        var writer = await store.CreateAsync(StoredFile.New(StoredFileKind.Segment, life.Id), body.Length, cancellationToken);
        await using var segment = new StreamSegment(upload, writer, hashes.Start(), ledger, options.Value, time);
        claim.File = writer.File;
        try
        {
            return await ReceiveAsync(file, upload, body, segment, claim, cancellationToken);
        }
        finally
        {
            if (!segment.Named)
                store.Delete(writer.File);
        }
    }

    private async Task<Result<Upload>> ReceiveAsync(
        NewFile file, Upload upload, UploadBody body, StreamSegment segment, WriterClaim claim, CancellationToken cancellationToken)
    {
        var (end, _) = await _pump.RunAsync(body, segment, upload.Size ?? options.Value.MaxSize, claim, cancellationToken);
        if (segment.Refused is { } refused)
            return Refused(upload, segment, refused);
        if (end != BodyEnd.Complete)
            return Broken(end, upload);

        // 4. Compare.
        var digest = segment.Digest;
        if ((file.Sha256 ?? body.TrailerDigest?.Invoke()) is { } declared && declared != digest)
            return new UploadFailure(UploadError.FileDigestMismatch, $"The file has SHA-256 {digest}, declared was {declared}; nothing was kept.") { Upload = upload };
        if (upload.Size is { } size && size != segment.Offset)
            return new UploadFailure(UploadError.LengthMismatch, $"{segment.Offset} of {size} bytes came; nothing was kept.") { Upload = upload };

        // 5. Publish.
        if (segment.Offset == 0)
            return await ledger.BeginCompleteAsync(file.Caller, upload.Id, 0, null, CancellationToken.None);

        var answer = await segment.CheckpointAsync(digest, CancellationToken.None);
        if (answer is not { Outcome: RecordOutcome.Recorded, Upload: { } completed })
            return Refused(upload, segment, answer);
        UploadLog.Completed(log, upload.Id, completed.Size);
        return completed;
    }

    private static UploadFailure Refused(Upload upload, StreamSegment segment, RecordAnswer answer) =>
        UploadRules.Of(answer, new ByteRange(0, segment.Offset)) with { Upload = answer.Upload ?? upload };

    private static UploadFailure Broken(BodyEnd end, Upload upload) => end switch
    {
        BodyEnd.TooLong => new(UploadError.TooLarge, "The file is larger than an upload may be here; nothing was kept.") { Upload = upload },
        BodyEnd.Idle => new(UploadError.IdleTimeout, "No byte came for too long; nothing was kept. A session keeps what has come.") { Upload = upload },
        BodyEnd.Stopping => new(UploadError.Stopping, "The service is stopping; nothing was kept. Send the file again.") { Upload = upload },
        _ => new(UploadError.Interrupted, "The request broke off; nothing was kept. A session keeps what has come.") { Upload = upload },
    };

    private async Task GiveUpAsync(Upload upload, UploadFailure failure)
    {
        try
        {
            await ledger.EndAsync(new Caller(upload.Tenant, upload.Subject), upload.Id, UploadState.Failed, failure.Error.ToString(), CancellationToken.None);
            await remover.ReclaimAsync(upload.Id, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LedgerUnavailableException or StoreException)
        {
            UploadLog.ReclaimPutOff(log, upload.Id, exception);
        }
    }
}
