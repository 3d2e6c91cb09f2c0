using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>A maintenance job on the wire.</summary>
/// <param name="Schedule">A cron expression with seconds, in UTC.</param>
/// <param name="State">idle, running or paused.</param>
/// <param name="Paused">The schedule does not start it, but it can be run manually.</param>
/// <param name="NextRunAt">Null while it is paused, or if Jobs:Enabled is false.</param>
/// <param name="LastRun">The last run that ended, on any node.</param>
/// <param name="Running">The current run.</param>
internal sealed record JobView(
    string Name, string Description, string Schedule, string State, bool Paused, DateTimeOffset? NextRunAt, JobRunView? LastRun,
        JobRunningView? Running)
{
    public static JobView Of(JobStatus job) => new(
        job.Name, job.Description, job.Schedule,
        job.State switch
        {
            JobState.Idle => "idle",
            JobState.Running => "running",
            JobState.Paused => "paused",
            _ => throw new ArgumentOutOfRangeException(nameof(job)),
        },
        job.Paused, job.NextRunAt, job.LastRun is { } last ? JobRunView.Of(last) : null, job.Running is { } running
            ? JobRunningView.Of(running)
            : null);
}

/// <param name="Progress">Null until the run has reported progress.</param>
internal sealed record JobRunningView(DateTimeOffset StartedAt, string Node, JobProgressView? Progress)
{
    public static JobRunningView Of(JobRunning running) =>
        new(running.StartedAt, running.Node, running.Progress is { } progress ? JobProgressView.Of(progress) : null);
}

/// <param name="Total">Null if unknown; the percentage is then null, too.</param>
internal sealed record JobProgressView(long Done, long? Total, double? Percent, string What)
{
    public static JobProgressView Of(JobProgress progress) => new(
        progress.Done, progress.Total, progress.Total is > 0 and var total ? Math.Round(100.0 * progress.Done / total, 1) : null,
            progress.What);
}

/// <summary>A run that ended.</summary>
/// <param name="Outcome">succeeded, failed or cancelled.</param>
/// <param name="Counts">Names and figures of what was done.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="ByHand">Requested by a person instead of the schedule.</param>
internal sealed record JobRunView(
    DateTimeOffset StartedAt, double DurationMs, string Outcome, string Summary, IReadOnlyDictionary<string, long> Counts, string? Error,
        string Node, bool ByHand)
{
    public static JobRunView Of(JobRun run) => new(
        run.StartedAt, Math.Round(run.Duration.TotalMilliseconds, 1),
        run.Outcome switch
        {
            JobOutcome.Succeeded => "succeeded",
            JobOutcome.Failed => "failed",
            JobOutcome.Cancelled => "cancelled",
            _ => throw new ArgumentOutOfRangeException(nameof(run)),
        },
        run.Summary, run.Counts, run.Error, run.Node, run.ByHand);
}
