namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Queries and controls the maintenance jobs. All answers come from the ledger, except that a process with
/// <see cref="JobsOptions.Enabled"/> off starts no job and has no next run.
/// Throws <see cref="LedgerUnavailableException"/> when the database cannot be reached.
/// </summary>
public interface IJobControl
{
    /// <summary>All jobs by name.</summary>
    Task<IReadOnlyList<JobStatus>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Returns null if there is no such job.</summary>
    Task<JobStatus?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Starts the job now, also when it is paused. Refused while it runs or is about to run.</summary>
    Task<JobAnswer> RunAsync(string name, CancellationToken cancellationToken);

    /// <summary>Stops the schedule from starting the job, also after a restart; a current run continues. Idempotent.</summary>
    Task<JobAnswer> PauseAsync(string name, CancellationToken cancellationToken);

    /// <summary>Lets the schedule start the job again. Idempotent.</summary>
    Task<JobAnswer> ResumeAsync(string name, CancellationToken cancellationToken);

    /// <summary>The runs that ended, newest first; null when there is no such job.</summary>
    /// <param name="before">Returns only earlier runs: the start of the previous page's last run.</param>
    Task<JobRunPage?> HistoryAsync(string name, DateTimeOffset? before, int limit, CancellationToken cancellationToken);
}

public enum JobAnswer
{
    Done = 1,
    Unknown,
    AlreadyRunning,

    /// <summary>This process starts no jobs, because <see cref="JobsOptions.Enabled"/> is off.</summary>
    Off,
}

public enum JobState
{
    Idle = 1,

    /// <summary>Running, or requested and about to begin.</summary>
    Running,

    /// <summary>Not running, and the schedule will not start it.</summary>
    Paused,
}

/// <param name="Schedule">A cron expression with seconds, in UTC.</param>
/// <param name="Paused">The schedule will not start the job; it may still be running.</param>
/// <param name="NextRunAt">Null while it is paused, or this process starts no jobs.</param>
/// <param name="LastRun">The last run that ended.</param>
/// <param name="Running">Null also while a run is only requested.</param>
public sealed record JobStatus(
    string Name, string Description, string Schedule, JobState State, bool Paused, DateTimeOffset? NextRunAt, JobRun? LastRun,
        JobRunning? Running);

/// <summary>A current run.</summary>
/// <param name="Node">The store whose service runs it.</param>
/// <param name="Progress">Null until the job has reported; otherwise at most a second old.</param>
public sealed record JobRunning(DateTimeOffset StartedAt, string Node, JobProgress? Progress);

/// <param name="Total">Null when unknown.</param>
/// <param name="What">A few words for a person.</param>
public sealed record JobProgress(long Done, long? Total, string What);

public enum JobOutcome
{
    Succeeded = 1,

    /// <summary>The run stopped early or could not do all of its work; the error says why.</summary>
    Failed,

    /// <summary>The service stopped; the next start repeats the run.</summary>
    Cancelled,
}

/// <summary>A run that ended.</summary>
/// <param name="ByHand">Requested by a person instead of the schedule.</param>
/// <param name="Error">One sentence when the run failed.</param>
public sealed record JobRun(
    DateTimeOffset StartedAt, TimeSpan Duration, JobOutcome Outcome, string Summary, IReadOnlyDictionary<string, long> Counts,
    string? Error, string Node, bool ByHand);

/// <param name="More">There are older runs.</param>
public sealed record JobRunPage(IReadOnlyList<JobRun> Items, bool More);
