namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Work that is done now and then. What it does stands here; when, where and how often is the scheduler's business. A job works in
/// small steps, says how far it is, can be stopped at any step, and may be started again after a crash at any point.
/// </summary>
public interface IMaintenanceJob
{
    /// <summary>As in the address: purge-stale-sessions.</summary>
    string Name { get; }

    /// <summary>One sentence for a person.</summary>
    string Description { get; }

    /// <returns>What was done, as one sentence and figures.</returns>
    Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken);
}

/// <param name="Counts">Names and figures, e.g. purged: 12.</param>
public sealed record JobReport(string Summary, IReadOnlyDictionary<string, long> Counts)
{
    /// <summary>One sentence when a part of the work could not be done: the run then counts as failed, with its figures.</summary>
    public string? Error { get; init; }
}

public interface IJobProgress
{
    /// <param name="total">Null when it is not known.</param>
    void Report(long done, long? total, string what);
}
