using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <param name="Sha256">Declared by the client; compared before the file is published.</param>
public sealed record NewFile(Caller Caller, string FileName, string ContentType, Sha256Digest? Sha256)
{
    /// <summary>As the client says beside its body's length; null: it says nothing.</summary>
    public long? Size { get; init; }
}

/// <summary>
/// One request, one file: a stream that is created, appended to and completed in one go. A request that breaks off leaves nothing, for
/// it has no address to go on at.
/// </summary>
public sealed class FileReceiver(
    IUploadStateLedger ledger, StreamWriter streams, FileRemover remover, Admission admission, IOptions<UploadOptions> options,
    ILogger<FileReceiver> log)
{
    /// <summary>The finished file; on a broken request nothing is kept.</summary>
    public async Task<Result<Upload>> ReceiveAsync(NewFile file, UploadBody body, CancellationToken cancellationToken)
    {
        var size = file.Size ?? body.Length;
        if (admission.RefuseCreation(size) is { } refusal)
            return refusal;
        var created = await ledger.CreateAsync(
            new NewUpload(
                UploadId.New(), file.Caller, UploadProtocol.Put, file.FileName, file.ContentType, new Dictionary<string, string>(),
                size, file.Sha256, Allowance(options.Value), null, null),
            cancellationToken);
        if (!created.Ok)
            return created.Failure;
        var upload = created.Value.Upload;

        Result<StreamReceipt> received;
        try
        {
            var append = new StreamAppend(file.Caller, upload.Id, UploadProtocol.Put, 0, StreamEnding.WithThisRequest);
            received = await streams.AppendAsync(append, body, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Gone before the first byte was read; what has been created must not wait for the purge.
            received = new UploadFailure(UploadError.Interrupted, "The request broke off.") { Upload = upload };
        }

        if (received.Ok)
            return received.Value.Upload;

        await GiveUpAsync(file.Caller, upload.Id, received.Failure);
        return received.Failure with { Offset = null, Detail = Sentence(received.Failure) };
    }

    // What a killed service or a ledger that was away has left cannot go on: the purge need not wait as long as for an upload that can.
    private static TimeSpan Allowance(UploadOptions options)
    {
        var silence = options.BodyIdleTimeout * 2;
        var least = silence > TimeSpan.FromMinutes(10) ? silence : TimeSpan.FromMinutes(10);
        return least < options.IdleExpiry ? least : options.IdleExpiry;
    }

    private static string Sentence(UploadFailure failure) => failure.Error switch
    {
        UploadError.IdleTimeout => "No byte came for too long and nothing was kept; a session keeps what has come.",
        UploadError.Interrupted or UploadError.TakenOver => "The request broke off and nothing was kept; a session keeps what has come.",
        UploadError.MalformedBody => "The body's framing is broken and nothing was kept.",
        UploadError.Stopping => "The service is stopping and nothing was kept; send the file again.",
        UploadError.BeyondSize => "More bytes came than the file was to have, or an upload may have here; nothing was kept.",
        UploadError.SizeMismatch => "Fewer bytes came than the file was to have; nothing was kept.",
        _ => failure.Detail,
    };

    private async Task GiveUpAsync(Caller caller, UploadId id, UploadFailure failure)
    {
        try
        {
            await ledger.EndAsync(caller, id, UploadState.Failed, failure.Error.ToString(), CancellationToken.None);
            await remover.ReclaimAsync(id, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LedgerUnavailableException or StoreException)
        {
            UploadLog.ReclaimPutOff(log, id, exception);
        }
    }
}
