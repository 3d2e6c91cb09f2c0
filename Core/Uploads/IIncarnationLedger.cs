using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Records the incarnation of this process and advances the service clock. Every call is one transaction that may be repeated (E10). The
/// ledger retries for a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface IIncarnationLedger
{
    /// <summary>Begins an incarnation of a node, sets <see cref="Incarnation"/>, and fences the earlier ones of the node (E30).</summary>
    /// <returns>False, and nothing has begun, while another service uses the ledger.</returns>
    Task<bool> BeginIncarnationAsync(NewIncarnation begun, CancellationToken cancellationToken);

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

/// <summary>An incarnation to begin.</summary>
/// <param name="Node">The data directory in which the service runs.</param>
/// <param name="Store">The store to which it writes.</param>
public sealed record NewIncarnation(Guid Node, Guid Store, string BootId, Durability Durability)
{
    /// <summary>
    /// The newest incarnation that the store has seen. If the new one is not newer, a backup of the ledger was restored, and the generation
    /// of the trees' changes rises.
    /// </summary>
    public long Newest { get; init; }

    /// <summary>The incarnations of the node up to this one have ended, because this process holds its lock.</summary>
    public long Ended { get; init; } = long.MaxValue;

    /// <summary>
    /// Whether the ledger serves this service alone: it does not begin beside one of another node, and fences what is left of such.
    /// </summary>
    public bool Alone { get; init; } = true;
}
