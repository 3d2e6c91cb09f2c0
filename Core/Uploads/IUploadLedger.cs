using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Uploads as a whole: finds, creates, pauses, completes, joins and ends them. A query takes no locks, so its answer may be outdated on
/// arrival: the statement that records a change decides. Every other call is one transaction that holds this incarnation FOR SHARE, locks
/// the upload's row, and checks in a further statement (E8), so callers need no lock. A state change appends one event in the same
/// transaction (E12). A call may be repeated with the same arguments and then changes nothing more (E10). The ledger retries for a few
/// seconds and then throws <see cref="LedgerUnavailableException"/>. A change returns the upload after the transaction, or an expected
/// failure that contains it.
/// </summary>
public interface IUploadLedger
{
    /// <summary>Null when the caller's tenant has no such upload.</summary>
    [Query]
    Task<Upload?> FindAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    /// <summary>Those of these uploads that belong to the caller's tenant, in no order.</summary>
    [Query]
    Task<IReadOnlyList<Upload>> FindAllAsync(Caller caller, IReadOnlyCollection<UploadId> ids, CancellationToken cancellationToken);

    /// <summary>Those of these uploads that their callers do not see, or no longer.</summary>
    [Query]
    Task<IReadOnlyList<HeardUpload>> UnseenAsync(IReadOnlyList<HeardUpload> uploads, CancellationToken cancellationToken);

    /// <summary>An upload of any tenant, for background work, which has no caller.</summary>
    [Query]
    Task<Upload?> GetAsync(UploadId id, CancellationToken cancellationToken);

    [Query]
    Task<Page<Upload>> ListAsync(UploadQuery query, CancellationToken cancellationToken);

    /// <summary>The gaps in [from, size), in order; with an unknown size, those before the last received byte.</summary>
    [Query]
    Task<IReadOnlyList<ByteRange>> MissingAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>The verified chunks from an offset, in order.</summary>
    [Query]
    Task<IReadOnlyList<Chunk>> ChunksAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>The newest failed attempts, and the bytes of all.</summary>
    [Query]
    Task<Failures> FailuresAsync(UploadId id, int limit, CancellationToken cancellationToken);

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

    /// <summary>
    /// Creates an upload whose content is the extents of these parts, in order. Locks the parts in the order of their ids. The upload
    /// shares their files (E27) and is completed in the same transaction. A part may occur more than once. Fails with NotFound,
    /// WrongProtocol (not a part), TooLarge, or NotCompleted. With <paramref name="mayWait"/> an incomplete part is no failure: the upload
    /// stays open with its list until <see cref="JoinAsync"/> finds all parts complete.
    /// </summary>
    Task<Result<Upload>> ConcatenateAsync(
        NewUpload upload, IReadOnlyList<UploadId> parts, long maxSize, bool mayWait, CancellationToken cancellationToken);

    /// <summary>
    /// Completes a pending concatenation whose parts are all complete. Fails it when a part is gone, or as soon as the parts are known to
    /// exceed the largest upload. Returns the upload after the call.
    /// </summary>
    Task<Upload?> JoinAsync(UploadId id, long maxSize, CancellationToken cancellationToken);

    /// <summary>The pending concatenations that include this part.</summary>
    [Query]
    Task<IReadOnlyList<UploadId>> WaitingForAsync(UploadId part, CancellationToken cancellationToken);
}

/// <summary>An upload to which a caller listens.</summary>
/// <param name="Owner">The subject whose uploads the caller sees; null: the caller sees all of the tenant.</param>
public sealed record HeardUpload(string Tenant, string? Owner, UploadId Upload);
