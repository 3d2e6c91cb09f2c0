using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Reads of uploads and of what belongs to them. Nothing is locked: an answer may be outdated when it arrives, so a decision belongs to
/// the statement that records it. The ledger retries a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IUploadQueryLedger
{
    /// <summary>Null when the caller's tenant has no such upload.</summary>
    [Query]
    Task<Upload?> FindAsync(Caller caller, UploadId id, CancellationToken cancellationToken);

    /// <summary>Those of these uploads that the caller's tenant has, in no order.</summary>
    [Query]
    Task<IReadOnlyList<Upload>> FindAllAsync(Caller caller, IReadOnlyCollection<UploadId> ids, CancellationToken cancellationToken);

    /// <summary>For background work, which has no caller: the upload of any tenant.</summary>
    [Query]
    Task<Upload?> GetAsync(UploadId id, CancellationToken cancellationToken);

    [Query]
    Task<Page<Upload>> ListAsync(UploadQuery query, CancellationToken cancellationToken);

    /// <summary>The gaps in [from, size), in order; with an unknown size, those before the last received byte.</summary>
    [Query]
    Task<IReadOnlyList<ByteRange>> MissingAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>Verified chunks from an offset on, in order.</summary>
    [Query]
    Task<IReadOnlyList<Chunk>> ChunksAsync(UploadId id, long from, int limit, CancellationToken cancellationToken);

    /// <summary>Failed attempts, the newest first.</summary>
    [Query]
    Task<IReadOnlyList<FailedAttempt>> FailuresAsync(UploadId id, int limit, CancellationToken cancellationToken);
}
