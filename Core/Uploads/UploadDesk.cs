using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <param name="IdleAllowance">Null: the configured expiry.</param>
public sealed record NewSession(
    Caller Caller, string FileName, string ContentType, IReadOnlyDictionary<string, string> Metadata, long? Size,
    Sha256Digest? Sha256, TimeSpan? IdleAllowance, string? IdempotencyKey, Sha256Digest? IdempotencyHash);

/// <param name="Missing">The first missing ranges.</param>
/// <param name="Failures">The newest failed attempts.</param>
public sealed record UploadStatus(Upload Upload, IReadOnlyList<ByteRange> Missing, IReadOnlyList<FailedAttempt> Failures);

/// <summary>Everything about an upload that moves no bytes: creating, asking, pausing, taking back, ending.</summary>
public sealed class UploadDesk
{
    public const int MissingInStatus = 100;

    public Task<Result<CreatedUpload>> CreateAsync(NewSession session, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The upload in whatever state, for as long as it is remembered.</summary>
    public Task<Result<UploadStatus>> StatusAsync(Caller caller, UploadId id, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Result<UploadPart<ByteRange>>> MissingAsync(Caller caller, UploadId id, long from, int limit, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Result<UploadPart<Chunk>>> ChunksAsync(Caller caller, UploadId id, long from, int limit, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Page<Upload>> ListAsync(UploadQuery query, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Result<Upload>> PauseAsync(Caller caller, UploadId id, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Result<Upload>> ResumeAsync(Caller caller, UploadId id, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Takes received chunks inside the range back, so that other bytes can be sent.</summary>
    public Task<Result<Upload>> ReopenRangeAsync(Caller caller, UploadId id, ByteRange range, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Ends an unfinished session: stops its writers, frees its space. Repeatable.</summary>
    public Task<Result<Upload>> CancelAsync(Caller caller, UploadId id, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>A finished file, or NotFound / Deleted / NotCompleted / Damaged.</summary>
    public Task<Result<Upload>> FileAsync(Caller caller, UploadId id, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Result<Upload>> DeleteFileAsync(Caller caller, UploadId id, CancellationToken cancellationToken) => throw new NotImplementedException();
}

/// <summary>A page of what belongs to an upload, with the upload.</summary>
public sealed record UploadPart<T>(Upload Upload, IReadOnlyList<T> Items);
