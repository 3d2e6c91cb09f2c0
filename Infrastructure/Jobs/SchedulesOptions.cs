using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>When each job runs. Only the schedules of the two jobs that read the whole disk are settings of the operator.</summary>
[Settings("Schedules")]
internal sealed class SchedulesOptions : IValidatableObject
{
    public string PurgeStaleSessions { get; internal set; } = "0 7 * * * ?";

    [Description("When sweep-orphans, which compares all stored files with the ledger, runs in addition to every start: a cron "
        + "expression with seconds, in UTC. Operators move it out of busy hours.")]
    [Required]
    public string SweepOrphans { get; set; } = "0 23 0/6 * * ?";

    public string FinishPending { get; internal set; } = "0 0/5 * * * ?";

    [Description("When scrub-files, which reads all files once in 30 days, runs: a cron expression with seconds, in UTC. Operators move "
        + "it out of busy hours.")]
    [Required]
    public string ScrubFiles { get; set; } = "0 41 1 * * ?";

    public string TrimHistory { get; internal set; } = "0 31 3 * * ?";

    public string RemoveTenants { get; internal set; } = "0 11 * * * ?";

    public string MoveBetweenSpaces { get; internal set; } = "0 1/5 * * * ?";

    public string RollUpStatistics { get; internal set; } = "0 3/5 * * * ?";

    /// <summary>The jobs that also run at every start, because they tidy up after a crash or a long downtime.</summary>
    public static IReadOnlyList<string> AtStart { get; } =
    [
        JobNames.PurgeStaleSessions, JobNames.SweepOrphans, JobNames.FinishPending, JobNames.RemoveTenants, JobNames.MoveBetweenSpaces,
    ];

    /// <summary>Returns the schedules by the job's name.</summary>
    public IReadOnlyDictionary<string, string> ByJob() => new Dictionary<string, string>
    {
        [JobNames.PurgeStaleSessions] = PurgeStaleSessions,
        [JobNames.SweepOrphans] = SweepOrphans,
        [JobNames.FinishPending] = FinishPending,
        [JobNames.ScrubFiles] = ScrubFiles,
        [JobNames.TrimHistory] = TrimHistory,
        [JobNames.RemoveTenants] = RemoveTenants,
        [JobNames.MoveBetweenSpaces] = MoveBetweenSpaces,
        [JobNames.RollUpStatistics] = RollUpStatistics,
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from schedule in ByJob()
        // [Required] reports an empty schedule.
        where !string.IsNullOrEmpty(schedule.Value)
        let fault = JobCron.Fault(schedule.Value, TimeProvider.System.GetUtcNow())
        where fault is not null
        select new ValidationResult(ScheduleFaults.Sentence(schedule.Key, schedule.Value, fault));
}
