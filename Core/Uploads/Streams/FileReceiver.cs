using ChunkUpload.Core.Access;
using ChunkUpload.Core.Checks;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Uploads;

/// <param name="Sha256">Declared by the client; compared before the file is published.</param>
public sealed record NewFile(Caller Caller, string FileName, string ContentType, Sha256Digest? Sha256)
{
    /// <summary>The size that the client declares besides the body's length, or null.</summary>
    public long? Size { get; init; }

    /// <summary>The place at which the file is published; null: it stays unfiled.</summary>
    public FileTarget? Target { get; init; }

    /// <summary>Whether a file with this digest is there already: then nothing is kept, and the upload ends as cancelled.</summary>
    public Func<Sha256Digest, bool>? IsKnown { get; init; }
}

/// <summary>
/// Receives a file in one request: creates a stream, appends to it and completes it. An interrupted request leaves nothing, because it has
/// no address at which the client could continue.
/// </summary>
public sealed class FileReceiver(
    IUploadStateLedger ledger, StreamAppender appender, SmallFileWriter small, IRunningHashes hashes, FileRemover remover,
    Admission admission, CreationHook hook, Incarnation incarnation, IOptions<UploadOptions> options, TimeProvider time,
    ILogger<FileReceiver> log)
{
    /// <summary>The record that completes a file up to this size also creates it, because it comes soon.</summary>
    private const long SmallFile = 1 << 20;

    /// <summary>Why the caller may not create the file, or null.</summary>
    public async ValueTask<UploadFailure?> RefuseAsync(NewFile file, long? size, CancellationToken cancellationToken) =>
        admission.RefuseCreation(file.Caller, file.FileName, file.ContentType, size)
        ?? await hook.RefuseAsync(file, size, cancellationToken);

    /// <summary>Returns the finished file. Of an interrupted request nothing is kept.</summary>
    public async Task<Result<Upload>> ReceiveAsync(NewFile file, UploadBody body, CancellationToken cancellationToken)
    {
        var size = file.Size ?? body.Length;
        // Through a link the ledger decides before a byte is received.
        var linked = file.Caller.Grant is not null;
        if (!linked && size == 0 && body is { Length: 0, TrailerDigest: null }
            && (file.Sha256 ?? Sha256Digest.OfNothing) == Sha256Digest.OfNothing)
        {
            using var nothing = hashes.Start();
            return await small.WriteAsync(file, ReadOnlyMemory<byte>.Empty, nothing);
        }

        if (await RefuseAsync(file, size, cancellationToken) is { } refusal)
            return refusal;
        var upload = Describe(file, size, options.Value);
        var deferred = !linked && size is > 0 and <= SmallFile && body.Length == size
            ? new DeferredCreation(upload, incarnation, time.GetUtcNow())
            : null;
        if (deferred is null && await ledger.CreateAsync(upload, cancellationToken) is { Ok: false } created)
            return created.Failure;

        Result<StreamReceipt> received;
        try
        {
            var append = new StreamAppend(file.Caller, upload.Id, UploadProtocol.Put, 0, CompletionMode.WithThisRequest)
            { IsKnown = file.IsKnown, Deferred = deferred };
            received = await appender.AppendAsync(append, body, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client disconnected before the first byte was read. Free the created upload now instead of waiting for the purge.
            received = new UploadFailure(UploadError.Interrupted, "The request was interrupted.");
        }

        if (received.Ok)
            return received.Value.Upload;

        await GiveUpAsync(file.Caller, upload.Id, received.Failure);
        return received.Failure with { Offset = null, Detail = DetailOf(received.Failure) };
    }

    /// <summary>The initial row of a file that comes in one piece.</summary>
    internal static NewUpload Describe(NewFile file, long? size, UploadOptions options) =>
        new(UploadId.New(), file.Caller, UploadProtocol.Put, file.FileName, file.ContentType, new Dictionary<string, string>(), size,
            file.Sha256, Allowance(options), null, null)
        { Target = file.Target, Priority = BandwidthPriorities.For(file.Caller, null) };

    // An upload left by a killed service or an unavailable ledger cannot be continued, so it expires sooner than one that can.
    private static TimeSpan Allowance(UploadOptions options)
    {
        var silence = options.BodyIdleTimeout * 2;
        var least = silence > TimeSpan.FromMinutes(10) ? silence : TimeSpan.FromMinutes(10);
        return least < options.IdleExpiry ? least : options.IdleExpiry;
    }

    private static string DetailOf(UploadFailure failure) => failure.Error switch
    {
        UploadError.BeyondSize => "The body has more bytes than the declared size or the largest upload allows; nothing was kept.",
        UploadError.SizeMismatch => "The body has fewer bytes than the declared size; nothing was kept.",
        // No other request can take over such an upload: it was cancelled.
        var error => InterruptedBody.Reason(error == UploadError.TakenOver ? UploadError.Interrupted : error) is { } reason
            ? $"{reason}; nothing was kept. Send the file again, or use a session to be able to resume."
            : failure.Detail,
    };

    private async Task GiveUpAsync(Caller caller, UploadId id, UploadFailure failure)
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
