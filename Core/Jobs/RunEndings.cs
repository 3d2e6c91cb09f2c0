namespace ChunkUpload.Core.Jobs;

/// <summary>The sentences that a job's history shows for runs that were cut off.</summary>
public static class RunEndings
{
    public const string ServiceStopped = "Stopped because the service went down.";

    public const string LeaseLost = "Stopped because the run lost its lease.";

    public const string DeletedByOperator = "An operator deleted the run in the dashboard.";
}
