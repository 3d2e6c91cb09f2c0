using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Streams;

/// <summary>
/// The appends of a stream, fenced by its epoch (E14). A call that changes something is one transaction that holds this incarnation FOR
/// SHARE, locks the upload's row, and checks in a further statement (E8); it may be repeated with the same arguments and then changes
/// nothing more (E10). The ledger retries a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IStreamLedger
{
    /// <summary>The upload, its digest's state and its last extent; one round trip.</summary>
    [Query]
    Task<StreamInspection> InspectStreamAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    /// <summary>Has the next inspection read the ledger, whatever this process has recorded a moment ago.</summary>
    [Query]
    void ForgetRecent(UploadId id);

    /// <summary>
    /// Raises a stream's epoch, so that late checkpoints of its previous writer are rejected (E14), and returns the upload. It comes back
    /// unchanged where it has ended or is damaged.
    /// </summary>
    /// <param name="epoch">The epoch that the caller has seen. Where another writer has raised it since, the result is null.</param>
    Task<Upload?> RaiseEpochAsync(Caller caller, UploadId id, long epoch, CancellationToken cancellationToken);

    /// <summary>
    /// Fixes a size or a whole-file digest that was not known at creation; refused when another is fixed, the upload takes no bytes, or it
    /// has been claimed since the epoch that the caller has seen.
    /// </summary>
    Task<Result<Upload>> DeclareAsync(
        Caller caller, UploadId id, long epoch, long? size, Sha256Digest? sha256, CancellationToken cancellationToken);

    /// <summary>
    /// Extends the last extent of a stream to a new offset, or adds one for a new segment, with the hash state there; refused unless offset
    /// and epoch still match (E13).
    /// </summary>
    Task<RecordResult> CheckpointAsync(StreamCheckpoint checkpoint, CancellationToken cancellationToken);
}
