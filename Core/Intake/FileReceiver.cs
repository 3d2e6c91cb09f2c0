using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Intake;

/// <summary>
/// Receives a file in one request: creates a stream, appends to it and completes it. Nothing is kept of an interrupted request, because it
/// has no address at which the client could resume.
/// </summary>
public sealed class FileReceiver(
    UploadIntake intake, IUploadLedger ledger, StreamAppender appender, SmallFileWriter small, IRunningHashes hashes,
    FileRemover remover, ILogger<FileReceiver> log)
{
    /// <summary>Returns the finished file. Of an interrupted request nothing is kept.</summary>
    /// <param name="isKnown">Returns whether a file with this digest already exists: then nothing is kept, and the upload is cancelled.
    /// </param>
    /// <param name="checksum">Compared after the last byte; null if the client has declared none.</param>
    public async Task<Result<Upload>> ReceiveAsync(
        WantedUpload wanted, UploadBody body, CancellationToken cancellationToken, Func<Sha256Digest, bool>? isKnown = null,
        IBodyChecksum? checksum = null)
    {
        wanted = wanted with { Size = wanted.Size ?? body.Length };
        var (caller, size) = (wanted.Caller, wanted.Size);
        // Through a link, the ledger checks the limits before a byte is received.
        if (caller.Grant is null && checksum is null && size == 0 && body is { Length: 0, TrailerDigest: null }
            && (wanted.Sha256 ?? Sha256Digest.OfNothing) == Sha256Digest.OfNothing)
        {
            using var nothing = hashes.Start();
            return await small.WriteAsync(wanted, ReadOnlyMemory<byte>.Empty, nothing);
        }

        // A small file is complete soon, so the record that completes it also creates it.
        DeferredCreation? deferred = null;
        UploadId id;
        if (UploadIntake.ComesAtOnce(caller, size, body.Length))
        {
            var begun = await intake.BeginAsync(wanted, cancellationToken);
            if (!begun.Ok)
                return begun.Failure;
            deferred = begun.Value;
            id = deferred.New!.Id;
        }
        else
        {
            var created = await intake.CreateAsync(wanted, cancellationToken);
            if (!created.Ok)
                return created.Failure;
            id = created.Value.Upload.Id;
        }

        Result<StreamReceipt> received;
        try
        {
            var append = new StreamAppend(caller, id, UploadProtocol.Put, 0, CompletionMode.WithThisRequest)
            { IsKnown = isKnown, Deferred = deferred, Checksum = checksum };
            received = await appender.AppendAsync(append, body, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client disconnected before the first byte was read. Free the created upload now instead of waiting for the purge.
            received = new UploadFailure(UploadError.Interrupted, "The request was interrupted.");
        }

        if (received.Ok)
            return received.Value.Upload;

        await EndAsync(caller, id, received.Failure);
        return received.Failure with { Offset = null, Detail = DetailOf(received.Failure) };
    }

    private static string DetailOf(UploadFailure failure) => failure.Error switch
    {
        UploadError.BeyondSize => "The body has more bytes than the declared size or the largest upload allows; nothing was kept.",
        UploadError.SizeMismatch => "The body has fewer bytes than the declared size; nothing was kept.",
        // No other request can take over such an upload, so it was cancelled.
        var error => InterruptedBody.Reason(error == UploadError.TakenOver ? UploadError.Interrupted : error) is { } reason
            ? $"{reason}; nothing was kept. Send the file again, or use a session to be able to resume."
            : failure.Detail,
    };

    private async Task EndAsync(Caller caller, UploadId id, UploadFailure failure)
    {
        try
        {
            var state = failure.Error == UploadError.Cancelled ? UploadState.Cancelled : UploadState.Failed;
            await ledger.EndAsync(caller, id, state, failure.Error.ToString(), CancellationToken.None);
            await remover.ReclaimAsync(id, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LedgerUnavailableException or StoreException)
        {
            UploadLog.ReclaimPutOff(log, id, exception);
        }
    }
}
