using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Creates and completes concatenations. Every call is one transaction that locks the parts in the order of their ids (E27). It may be
/// repeated with the same arguments (E10). The ledger retries for a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IJoinLedger
{
    /// <summary>
    /// Creates an upload whose content is the extents of these parts, in order. It shares their files (E27) and is completed in the same
    /// transaction. A part may occur more than once. Fails with NotFound, WrongProtocol (not a part), TooLarge, or NotCompleted. With
    /// <paramref name="mayWait"/> an incomplete part is no failure: the upload stays open with its list until <see cref="JoinAsync"/> finds
    /// all parts complete.
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
