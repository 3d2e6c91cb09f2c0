using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Records the incarnation of this process and advances the service clock. Every call is one transaction that may be repeated (E10). The
/// ledger retries for a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IIncarnationLedger
{
    /// <summary>Begins an incarnation on a store, sets <see cref="Incarnation"/>, and fences every other incarnation (E30).</summary>
    /// <param name="newest">The newest incarnation that the store has seen. If the new one is not newer, a backup of the ledger was
    /// restored, and the generation of the trees' changes rises.</param>
    /// <param name="ended">The incarnations of the store up to this one have ended, because this process holds its lock.</param>
    /// <returns>False, and nothing has begun, while another service uses the ledger.</returns>
    Task<bool> BeginIncarnationAsync(
        Guid store, string bootId, Durability durability, long newest, long ended, CancellationToken cancellationToken);

    /// <summary>Refuses new records of bytes, and waits until those that were asked for are recorded or refused.</summary>
    [Query]
    Task DrainAsync(CancellationToken cancellationToken);

    /// <summary>Marks this incarnation as stopped in order.</summary>
    Task EndIncarnationAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Adds the time that the monotonic ticker has counted to the service clock, and records that this incarnation is alive (E29).
    /// </summary>
    /// <returns>False when the incarnation is fenced.</returns>
    Task<bool> BeatAsync(TimeSpan elapsed, CancellationToken cancellationToken);

    /// <summary>Marks uploads as active that receive bytes which are not recorded yet, so that they do not become stale (E29).</summary>
    Task KeepWritingAsync(IReadOnlyCollection<UploadId> writing, CancellationToken cancellationToken);
}
