namespace ChunkUpload.Core.Limits;

/// <summary>The bytes of files that a tenant or one of its subjects sent and fetched on a day.</summary>
/// <param name="Subject">The subject; empty for the whole tenant.</param>
public readonly record struct DayUsage(DateOnly Day, string Tenant, string Subject, long Received, long Sent)
{
    /// <summary>The time at which the ledger last added to the sum.</summary>
    public DateTimeOffset ChangedAt { get; init; }
}

/// <summary>Bytes that are added to the ledger together.</summary>
/// <param name="Id">Identifies the batch if it is sent again.</param>
public sealed record DayBatch(Guid Id, IReadOnlyList<DayUsage> Changes);

/// <summary>Stores the bytes of each day (UTC).</summary>
public interface IDayLedger
{
    /// <param name="since">Returns only sums that have changed since then; null returns all.</param>
    Task<IReadOnlyList<DayUsage>> OfDayAsync(DateOnly day, DateTimeOffset? since, CancellationToken cancellationToken);

    /// <summary>Adds a batch to the sums, and deletes the sums of old days. If it is sent again at once, it adds nothing (E10).</summary>
    /// <returns>The sums, including the bytes of other processes.</returns>
    Task<IReadOnlyList<DayUsage>> AddAsync(DayBatch batch, CancellationToken cancellationToken);
}
