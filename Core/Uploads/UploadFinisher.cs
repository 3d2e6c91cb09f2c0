using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>Completes sessions with one ledger transaction. No file is renamed or copied, and a repetition changes nothing (E24).</summary>
public sealed class UploadFinisher(
    IUploadLedger ledger, ContentFlusher flusher, BackgroundWork background, ContentCheck check,
    NetworkBook networks, Admission admission, TypeCheck types, IOptions<UploadOptions> options, TimeProvider time,
    ILogger<UploadFinisher> log)
{
    /// <summary>
    /// Completes a session. Waits at most UploadOptions.CompleteWait for a digest that must be computed. The returned upload is completed,
    /// or being checked; if the wait was too short, it is still completing, or completed without the digest to compare.
    /// </summary>
    public async Task<Result<Upload>> CompleteAsync(
        Caller caller, UploadId id, long? size, Sha256Digest? sha256, CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(caller, id, cancellationToken) is not { } found)
            return UploadRefusals.NotFound(id);
        if (found.Protocol != UploadProtocol.Session)
            return new UploadFailure(UploadError.WrongProtocol,
                "Only a session can be completed explicitly; this upload is completed by its last byte.")
            { Upload = found };
        var upload = await check.EnsureAsync(found, cancellationToken);
        if (UploadRefusals.IfElsewhere(upload) is { } elsewhere)
            return elsewhere;
        if (upload.DamagedAt is not null)
            return UploadRefusals.Damaged(upload);
        if (size is { } named && admission.RefuseEnd(caller, upload, named) is { } tooLarge)
            return tooLarge;

        Result<Upload> begun;
        try
        {
            await flusher.FlushAsync(id, cancellationToken);
            if (types.AppliesTo(caller) && await types.RefuseAsync(upload, cancellationToken) is { } mismatch)
                return mismatch;
            begun = await ledger.BeginCompleteAsync(caller, id, size, sha256, cancellationToken);
            // The file was published without a digest: compare the named one as soon as its own is computed (E25).
            if (sha256 is not null && begun is
                {
                    Ok: false,
                    Failure: { Error: UploadError.AlreadyCompleted, Upload: { State: UploadState.Completed, Sha256: null } published }
                })
            {
                await WaitForAsync(background.ScheduleRequestedDigest(id), cancellationToken);
                var again = await ledger.BeginCompleteAsync(caller, id, size, sha256, cancellationToken);
                return again is
                {
                    Ok: false, Failure:
                    {
                        Error: UploadError.AlreadyCompleted,
                        Upload: { State: UploadState.Completed, Sha256: null }
                    }
                } ? published : again;
            }

            if (!begun.Ok)
                return begun;
            // A chunk may have been recorded between the flush and the completion; none can be recorded now.
            await flusher.FlushAsync(id, CancellationToken.None);
        }
        catch (StoreException exception)
        {
            UploadLog.StoreFailed(log, id, exception.Error.ToString(), 0, exception);
            return UploadRefusals.Of(exception, upload);
        }

        var settled = background.Schedule(id, urgent: true);
        if (begun.Value.IsReceived)
        {
            UploadLog.Completed(log, id, begun.Value.Size);
            networks.Close(id);
            return begun;
        }

        return await WaitAsync(caller, id, settled, cancellationToken);
    }

    private async Task<Result<Upload>> WaitAsync(Caller caller, UploadId id, Task settled, CancellationToken cancellationToken)
    {
        await WaitForAsync(settled, cancellationToken);
        if (await ledger.FindAsync(caller, id, cancellationToken) is not { } upload)
            return UploadRefusals.NotFound(id);
        switch (upload.State)
        {
            case UploadState.Checking or UploadState.Completed:
                UploadLog.Completed(log, id, upload.Size);
                networks.Close(id);
                return upload;
            case UploadState.Completing:
                return upload;
            case UploadState.Open or UploadState.Paused:
                return new UploadFailure(
                    UploadError.FileDigestMismatch,
                    $"The whole file does not have the declared SHA-256 ({upload.StateReason}); delete the wrong range and send it "
                        + $"again, or complete with the right digest.")
                { Upload = upload };
            default:
                return UploadRefusals.Ended(upload);
        }
    }

    private async Task WaitForAsync(Task settled, CancellationToken cancellationToken)
    {
        try
        {
            await settled.WaitAsync(options.Value.CompleteWait, time, cancellationToken);
        }
        catch (TimeoutException)
        {
        }
    }
}
