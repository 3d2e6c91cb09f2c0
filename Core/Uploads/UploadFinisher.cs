using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Finishing is a transaction in the ledger: no file is renamed or copied for it, and repeating it changes nothing (E24).
/// </summary>
public sealed class UploadFinisher(
    IUploadQueryLedger ledger, IUploadStateLedger states, ContentFlusher flusher, BackgroundWork background, ContentCheck check,
        LinkBook links,
    Admission admission, IOptions<UploadOptions> options, TimeProvider time, ILogger<UploadFinisher> log)
{
    /// <summary>
    /// Completes; waits at most UploadOptions.CompleteWait for a digest that must be computed. The upload that comes back is completed,
    /// or, when the wait was too short, still completing, or completed without a digest that could be compared.
    /// </summary>
    public async Task<Result<Upload>> CompleteAsync(
        Caller caller, UploadId id, long? size, Sha256Digest? sha256, CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(caller, id, cancellationToken) is not { } found)
            return UploadRefusals.NotFound(id);
        if (found.Protocol != UploadProtocol.Session)
            return new UploadFailure(UploadError.WrongProtocol,
                "Only a session is completed by its client's word; this upload ends with its last byte.")
            { Upload = found };
        var upload = await check.EnsureAsync(found, cancellationToken);
        if (upload.DamagedAt is not null)
            return UploadRefusals.Damaged(upload);
        if (size is { } named && admission.RefuseEnd(upload, named) is { } tooLarge)
            return tooLarge;

        Result<Upload> begun;
        try
        {
            await flusher.FlushAsync(id, cancellationToken);
            begun = await states.BeginCompleteAsync(caller, id, size, sha256, cancellationToken);
            // Published before anybody named a digest: compared as soon as it is computed (E25).
            if (sha256 is not null && begun is
                {
                    Ok: false,
                    Failure: { Error: UploadError.AlreadyCompleted, Upload: { State: UploadState.Completed, Sha256: null } published }
                })
            {
                await WaitForAsync(background.SignalAsked(id), cancellationToken);
                var again = await states.BeginCompleteAsync(caller, id, size, sha256, cancellationToken);
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
            // A chunk may have been recorded between the two; from here on none is.
            await flusher.FlushAsync(id, CancellationToken.None);
        }
        catch (StoreException exception)
        {
            UploadLog.StoreFailed(log, id, exception.Error.ToString(), 0, exception);
            return UploadRules.Of(exception, upload);
        }

        var settled = background.Signal(id, hurry: true);
        if (begun.Value.State == UploadState.Completed)
        {
            UploadLog.Completed(log, id, begun.Value.Size);
            links.Close(id);
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
            case UploadState.Completed:
                UploadLog.Completed(log, id, upload.Size);
                links.Close(id);
                return upload;
            case UploadState.Completing:
                return upload;
            case UploadState.Open or UploadState.Paused:
                return new UploadFailure(
                    UploadError.FileDigestMismatch,
                    $"The whole file does not have the declared SHA-256 ({upload.StateReason}); take the wrong range back and send it "
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
