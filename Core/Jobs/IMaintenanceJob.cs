namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Work that is done periodically. The job says what it does; the scheduler decides when, where and how often. A job works in small
/// steps, reports progress, can be stopped at any step, and may be repeated after a crash at any point.
/// </summary>
public interface IMaintenanceJob
{
    /// <summary>The name in addresses, for example purge-stale-sessions.</summary>
    string Name { get; }

    /// <summary>One sentence for a person.</summary>
    string Description { get; }

    /// <summary>
    /// Gets a value that indicates whether a run only works on the store of its own node, so that each node of a ledger needs separate
    /// runs.
    /// </summary>
    bool IsOfStore => false;

    /// <returns>The result as one sentence and figures.</returns>
    Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken);
}

/// <param name="Counts">Names and figures, e.g. purged: 12.</param>
public sealed record JobReport(string Summary, IReadOnlyDictionary<string, long> Counts)
{
    /// <summary>One sentence when a part of the work could not be done. The run then counts as failed and keeps its figures.</summary>
    public string? Error { get; init; }
}

public interface IJobProgress
{
    /// <param name="total">Null when unknown.</param>
    void Report(long done, long? total, string what);
}
