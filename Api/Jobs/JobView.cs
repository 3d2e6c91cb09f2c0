using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>A maintenance job on the wire.</summary>
/// <param name="Schedule">A cron expression with seconds, in UTC.</param>
/// <param name="State">idle, running or paused.</param>
/// <param name="Paused">Its schedule does not start it; it may run by hand all the same.</param>
/// <param name="NextRunAt">Null while it is paused, and where Jobs:Enabled is false.</param>
/// <param name="LastRun">The last run that ended, on whichever node.</param>
/// <param name="Running">The run that is under way.</param>
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

/// <param name="Progress">Null until the run has said how far it is.</param>
internal sealed record JobRunningView(DateTimeOffset StartedAt, string Node, JobProgressView? Progress)
{
    public static JobRunningView Of(JobRunning running) =>
        new(running.StartedAt, running.Node, running.Progress is { } progress ? JobProgressView.Of(progress) : null);
}

/// <param name="Total">Null when it is not known; so is the percentage.</param>
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
