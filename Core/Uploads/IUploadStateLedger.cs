using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Creates, pauses, completes and ends uploads. Every call is one transaction that holds this incarnation FOR SHARE, locks the upload's
/// row, and checks in a further statement (E8), so callers need no lock. A state change appends one event in the same transaction (E12). A
/// call may be repeated with the same arguments and then changes nothing more (E10). The ledger retries for a few seconds and then throws
/// <see cref="LedgerUnavailableException"/>. A call returns the upload after the transaction, or an expected failure that contains it.
/// </summary>
public interface IUploadStateLedger
{
    /// <summary>
    /// Creates an upload. The same idempotency key and hash return the first upload; the key with another hash fails with <see
    /// cref="UploadError.IdempotencyMismatch"/>.
    /// </summary>
    Task<Result<CreatedUpload>> CreateAsync(NewUpload upload, CancellationToken cancellationToken);

    /// <summary>
    /// The upload that an earlier creation with this key made, or null. Another hash fails as in <see cref="CreateAsync"/>.
    /// </summary>
    [Query]
    Task<Result<CreatedUpload>?> RecallAsync(Caller caller, string key, Sha256Digest? hash, CancellationToken cancellationToken);

    Task<Result<Upload>> PauseAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    Task<Result<Upload>> ResumeAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    /// <summary>Changes the priority of an unfinished upload.</summary>
    Task<Result<Upload>> SetPriorityAsync(Caller caller, UploadId id, BandwidthPriority priority, CancellationToken cancellationToken);

    /// <summary>
    /// Checks that all bytes are there and completes the upload: completed when the digest is known to be right or none was declared, else
    /// completing (E24, E25). An upload that was completed before with the same size and digest is returned. Fails with MissingRanges,
    /// SizeMismatch, SizeUnknown, FileDigestMismatch.
    /// </summary>
    Task<Result<Upload>> BeginCompleteAsync(
        Caller caller, UploadId id, long? size, Sha256Digest? sha256, CancellationToken cancellationToken);

    /// <summary>
    /// Ends an unfinished upload (cancelled, failed) or deletes a finished file (deleted). A state that does not fit is refused:
    /// AlreadyCompleted, NotCompleted. <see cref="IReclaimLedger.ReclaimAsync"/> frees the bytes.
    /// </summary>
    Task<Result<Upload>> EndAsync(Caller caller, UploadId id, UploadState state, string reason, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a stream because of one request's bytes. TakenOver when the stream has been claimed since the request's epoch (E14).
    /// </summary>
    Task<Result<Upload>> EndStreamAsync(
        Caller caller, UploadId id, long epoch, UploadState state, string reason, CancellationToken cancellationToken);

    /// <summary>Records a failed attempt. Best effort: a failure here must not fail the request.</summary>
    Task RecordFailureAsync(UploadId id, FailedAttempt attempt, CancellationToken cancellationToken);
}
