using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Intake;

/// <summary>
/// Writes a file that the service itself downloads from another storage. Admission, quotas, checks and publication are the same as for an
/// upload of a client. If the source fails, the received bytes are kept, even if the service is killed: query the offset and resume there.
/// </summary>
public sealed class ForeignFileWriter(UploadIntake intake, StreamAppender appender, UploadCatalog catalog)
{
    /// <summary>Creates the upload. With an idempotency key, a second call returns the same one.</summary>
    public async Task<Result<Upload>> BeginAsync(WantedUpload wanted, CancellationToken cancellationToken)
    {
        var created = await intake.CreateAsync(wanted, cancellationToken);
        return created.Ok ? created.Value.Upload : created.Failure;
    }

    /// <summary>
    /// Returns the upload with the offset of the next byte. First stops another writer and waits for its last checkpoint.
    /// </summary>
    public Task<Result<Upload>> FindAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        appender.OffsetAsync(caller, id, UploadProtocol.Transfer, cancellationToken);

    /// <summary>
    /// Appends bytes at the offset, until the reader is complete. Bytes received before the reader failed are durable; the failure contains
    /// the offset.
    /// </summary>
    /// <param name="length">The number of bytes in the reader; null if unknown.</param>
    public Task<Result<StreamReceipt>> AppendAsync(
        Caller caller, UploadId id, long offset, PipeReader bytes, long? length, CancellationToken cancellationToken) =>
        appender.AppendAsync(
            new StreamAppend(caller, id, UploadProtocol.Transfer, offset, CompletionMode.Later), new UploadBody(bytes, length),
            cancellationToken);

    /// <summary>Completes the upload at the offset, which publishes it or passes it to the checker. Repeatable.</summary>
    /// <param name="sha256">The digest that the whole file must have; null if the source provides none.</param>
    public async Task<Result<Upload>> CompleteAsync(
        Caller caller, UploadId id, long offset, Sha256Digest? sha256, CancellationToken cancellationToken)
    {
        var append = new StreamAppend(caller, id, UploadProtocol.Transfer, offset, CompletionMode.WithThisRequest) { Sha256 = sha256 };
        var done = await appender.AppendAsync(append, new UploadBody(PipeReader.Create(Stream.Null), 0), cancellationToken);
        return done.Ok ? done.Value.Upload : done.Failure;
    }

    /// <summary>Ends an unfinished upload and frees its bytes. Repeatable.</summary>
    public Task<Result<Upload>> AbortAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        catalog.CancelAsync(caller, id, cancellationToken);

    /// <summary>Deletes a finished upload that could not be published at its target. Repeatable.</summary>
    public Task<Result<Upload>> DiscardAsync(Caller caller, UploadId id, CancellationToken cancellationToken) =>
        catalog.DeleteFileAsync(caller, id, cancellationToken);
}
