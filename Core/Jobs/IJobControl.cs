namespace ChunkUpload.Core.Jobs;

/// <summary>
/// Asks about the maintenance jobs of the whole cluster and moves them. What it answers comes from the database, so every node
/// answers the same. A database that is away is <see cref="Uploads.LedgerUnavailableException"/>.
/// </summary>
public interface IJobControl
{
    /// <summary>All jobs by name.</summary>
    Task<IReadOnlyList<JobStatus>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Null when there is no such job.</summary>
    Task<JobStatus?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Starts it now on some node, also when it is paused; refused while it runs or is about to.</summary>
    Task<JobAnswer> RunAsync(string name, CancellationToken cancellationToken);

    /// <summary>Keeps its schedule from starting it, also after a restart; a run that is under way goes on. Repeatable.</summary>
    Task<JobAnswer> PauseAsync(string name, CancellationToken cancellationToken);

    /// <summary>Lets its schedule start it again. Repeatable.</summary>
    Task<JobAnswer> ResumeAsync(string name, CancellationToken cancellationToken);

    /// <summary>Runs that ended, the newest first; null when there is no such job.</summary>
    /// <param name="before">Only those that started earlier: the end of the page before.</param>
    Task<JobRunPage?> HistoryAsync(string name, DateTimeOffset? before, int limit, CancellationToken cancellationToken);
}

public enum JobAnswer
{
    Done = 1,
    Unknown,
    AlreadyRunning,
}

public enum JobState
{
    Idle = 1,

    /// <summary>Or asked for and about to begin.</summary>
    Running,

    /// <summary>Not running, and its schedule will not start it.</summary>
    Paused,
}

/// <param name="Schedule">A cron expression with seconds, in UTC.</param>
/// <param name="Paused">Its schedule will not start it; it may run all the same.</param>
/// <param name="NextRunAt">Null while it is paused.</param>
/// <param name="LastRun">The last one that ended.</param>
/// <param name="Running">Null also while a run is only asked for.</param>
public sealed record JobStatus(
    string Name, string Description, string Schedule, JobState State, bool Paused, DateTimeOffset? NextRunAt, JobRun? LastRun,
        JobRunning? Running);

/// <summary>A run that is under way.</summary>
/// <param name="Node">The node that runs it.</param>
/// <param name="Progress">Null until it has said something; at most a second old otherwise.</param>
public sealed record JobRunning(DateTimeOffset StartedAt, string Node, JobProgress? Progress);

/// <param name="Total">Null when it is not known.</param>
/// <param name="What">A few words for a person.</param>
public sealed record JobProgress(long Done, long? Total, string What);

public enum JobOutcome
{
    Succeeded = 1,

    /// <summary>It broke off, or could not do all of its work; the error says why.</summary>
    Failed,

    /// <summary>The service went down; the next start runs it again.</summary>
    Cancelled,
}

/// <summary>A run that ended.</summary>
/// <param name="ByHand">Somebody asked for it; the schedule did not.</param>
/// <param name="Error">One sentence, when it failed.</param>
public sealed record JobRun(
    DateTimeOffset StartedAt, TimeSpan Duration, JobOutcome Outcome, string Summary, IReadOnlyDictionary<string, long> Counts,
    string? Error, string Node, bool ByHand);

/// <param name="More">Older ones follow.</param>
public sealed record JobRunPage(IReadOnlyList<JobRun> Items, bool More);
