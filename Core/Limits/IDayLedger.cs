namespace ChunkUpload.Core.Limits;

/// <summary>Bytes of files that a tenant or a subject of it sent and fetched on a day.</summary>
/// <param name="Subject">Empty: the whole tenant.</param>
public readonly record struct DayUsage(DateOnly Day, string Tenant, string Subject, long Received, long Sent)
{
    /// <summary>Of a sum: when the ledger last added to it.</summary>
    public DateTimeOffset ChangedAt { get; init; }
}

/// <summary>Bytes that are added to the ledger together.</summary>
/// <param name="Id">Identifies the batch when it is repeated.</param>
public sealed record DayBatch(Guid Id, IReadOnlyList<DayUsage> Changes);

/// <summary>Stores the bytes of each day (UTC).</summary>
public interface IDayLedger
{
    /// <param name="since">Only the sums that have changed since then; null: all.</param>
    Task<IReadOnlyList<DayUsage>> OfDayAsync(DateOnly day, DateTimeOffset? since, CancellationToken cancellationToken);

    /// <summary>Adds a batch to the sums, and deletes the sums of old days. Repeated directly, the batch adds nothing (E10).</summary>
    /// <returns>The sums, which include the bytes of other processes.</returns>
    Task<IReadOnlyList<DayUsage>> AddAsync(DayBatch batch, CancellationToken cancellationToken);
}
