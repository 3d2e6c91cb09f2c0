using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Queries of uploads and their ranges. Queries take no locks: an answer may be outdated on arrival, so the statement that records a change
/// decides. The ledger retries for a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IUploadQueryLedger
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
}

/// <summary>An upload to which a caller listens.</summary>
/// <param name="Owner">The subject whose uploads the caller sees; null: the caller sees all of the tenant.</param>
public sealed record HeardUpload(string Tenant, string? Owner, UploadId Upload);
