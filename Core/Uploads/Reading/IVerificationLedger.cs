using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Records the results of verifying stored bytes. Every change locks the upload's row and may be repeated (E10). The ledger retries a few
/// seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IVerificationLedger
{
    /// <summary>Completed uploads for the scrubber, those with the oldest check first.</summary>
    [Query]
    Task<IReadOnlyList<Upload>> OldestCheckedAsync(TimeSpan notWithin, int limit, CancellationToken cancellationToken);

    /// <summary>Whether what an incarnation has stored lies in another store than this process's.</summary>
    [Query]
    Task<bool> IsElsewhereAsync(long other, CancellationToken cancellationToken);

    Task MarkCheckedAsync(UploadId id, CancellationToken cancellationToken);

    /// <summary>
    /// Quarantines an upload: its content is not served and it takes no more bytes until <see cref="LiftQuarantineAsync"/>.
    /// </summary>
    Task MarkDamagedAsync(UploadId id, string reason, CancellationToken cancellationToken);

    /// <summary>The stored bytes were verified: the upload returns to the state that it had before its quarantine.</summary>
    Task LiftQuarantineAsync(UploadId id, CancellationToken cancellationToken);
}
