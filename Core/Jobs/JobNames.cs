namespace ChunkUpload.Core.Jobs;

/// <summary>The names of the jobs for operators, schedules and the history.</summary>
public static class JobNames
{
    public const string PurgeStaleSessions = "purge-stale-sessions";
    public const string SweepOrphans = "sweep-orphans";
    public const string FinishPending = "finish-pending";
    public const string RemoveTenants = "remove-tenants";
    public const string MoveBetweenSpaces = "move-between-spaces";
    public const string TrimHistory = "trim-history";
    public const string ScrubFiles = "scrub-files";
    public const string RollUpStatistics = "roll-up-statistics";
}
