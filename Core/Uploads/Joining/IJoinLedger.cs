using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Concatenations. Every call is one transaction that locks the parts in the order of their ids (E27) and may be repeated with the same
/// arguments (E10). The ledger retries a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IJoinLedger
{
    /// <summary>
    /// Creates an upload whose content are the extents of these parts, in order: shares their files (E27), and completes it in the same
    /// transaction. The same part may stand in the list twice. Fails with NotFound, WrongProtocol (not a part), TooLarge, or NotCompleted,
    /// unless <paramref name="mayWait"/>: then it stays open with its list until <see cref="JoinAsync"/> finds them all complete.
    /// </summary>
    Task<Result<Upload>> ConcatenateAsync(
        NewUpload upload, IReadOnlyList<UploadId> parts, long maxSize, bool mayWait, CancellationToken cancellationToken);

    /// <summary>
    /// Completes a waiting concatenation whose parts are all complete. Fails it when a part is gone, or as soon as the parts are known to
    /// be larger together than an upload may be. Returns the upload as it is then.
    /// </summary>
    Task<Upload?> JoinAsync(UploadId id, long maxSize, CancellationToken cancellationToken);

    /// <summary>Concatenations that wait for this part.</summary>
    [Query]
    Task<IReadOnlyList<UploadId>> WaitingForAsync(UploadId part, CancellationToken cancellationToken);
}
