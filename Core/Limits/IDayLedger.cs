namespace ChunkUpload.Core.Limits;

/// <summary>Bytes of files that a tenant or a subject of it sent and fetched on a day.</summary>
/// <param name="Subject">Empty: the whole tenant.</param>
public readonly record struct DayUsage(DateOnly Day, string Tenant, string Subject, long Received, long Sent);

/// <summary>Stores what passed each day (UTC).</summary>
public interface IDayLedger
{
    Task<IReadOnlyList<DayUsage>> OfDayAsync(DateOnly day, CancellationToken cancellationToken);

    /// <summary>Adds to what is stored, and forgets days that are long over. Not repeated: it would count twice.</summary>
    /// <returns>The sums, also with what other processes have added.</returns>
    Task<IReadOnlyList<DayUsage>> AddAsync(IReadOnlyList<DayUsage> changes, CancellationToken cancellationToken);
}
