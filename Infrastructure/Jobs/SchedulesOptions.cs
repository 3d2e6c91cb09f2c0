using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>When each job runs.</summary>
[Settings("Schedules")]
internal sealed class SchedulesOptions : IValidatableObject
{
    [Description("When purge-stale-sessions runs, beside every start: a cron expression with seconds, in UTC.")]
    [Required]
    public string PurgeStaleSessions { get; set; } = "0 7 * * * ?";

    [Description("When sweep-orphans runs, beside every start: a cron expression with seconds, in UTC.")]
    [Required]
    public string SweepOrphans { get; set; } = "0 23 0/6 * * ?";

    [Description("When finish-pending runs, beside every start: a cron expression with seconds, in UTC.")]
    [Required]
    public string FinishPending { get; set; } = "0 0/5 * * * ?";

    [Description("When scrub-files runs: a cron expression with seconds, in UTC.")]
    [Required]
    public string ScrubFiles { get; set; } = "0 41 1 * * ?";

    [Description("When trim-history runs: a cron expression with seconds, in UTC.")]
    [Required]
    public string TrimHistory { get; set; } = "0 31 3 * * ?";

    [Description("When remove-tenants runs, beside every start and every removal: a cron expression with seconds, in UTC.")]
    [Required]
    public string RemoveTenants { get; set; } = "0 11 * * * ?";

    [Description("When move-between-spaces runs, beside every start and every such move: a cron expression with seconds, in UTC.")]
    [Required]
    public string MoveBetweenSpaces { get; set; } = "0 1/5 * * * ?";

    [Description("When roll-up-statistics runs: a cron expression with seconds, in UTC.")]
    [Required]
    public string RollUpStatistics { get; set; } = "0 3/5 * * * ?";

    /// <summary>The jobs that also run at every start: what a crash or a long rest left behind is theirs to tidy.</summary>
    public static IReadOnlyList<string> AtStart { get; } =
    [
        "purge-stale-sessions", "sweep-orphans", "finish-pending", "remove-tenants", "move-between-spaces",
    ];

    /// <summary>By the job's name.</summary>
    public IReadOnlyDictionary<string, string> ByJob() => new Dictionary<string, string>
    {
        ["purge-stale-sessions"] = PurgeStaleSessions,
        ["sweep-orphans"] = SweepOrphans,
        ["finish-pending"] = FinishPending,
        ["scrub-files"] = ScrubFiles,
        ["trim-history"] = TrimHistory,
        ["remove-tenants"] = RemoveTenants,
        ["move-between-spaces"] = MoveBetweenSpaces,
        ["roll-up-statistics"] = RollUpStatistics,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from schedule in ByJob()
        // [Required] reports an empty one.
        where !string.IsNullOrEmpty(schedule.Value)
        let fault = JobCron.Fault(schedule.Value, TimeProvider.System.GetUtcNow())
        where fault is not null
        select new ValidationResult(ScheduleFaults.Sentence(schedule.Key, schedule.Value, fault));
}
