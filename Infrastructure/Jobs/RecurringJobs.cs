using ChunkUpload.Core.Jobs;
using Hangfire;
using Hangfire.Common;
using Hangfire.Storage;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>The schedules of the jobs as Hangfire stores them.</summary>
internal static class RecurringJobs
{
    /// <summary>
    /// Brings the stored schedules to the configured ones. A schedule that is as it should be is left alone, so that a run that is due
    /// stays due. What Hangfire cannot mend itself is mended: a schedule that it has disabled after errors, one that is gone, and a next
    /// run that lies beyond the schedule's, which a clock leaves that leapt ahead and was set back.
    /// </summary>
    public static void Align(JobStorage storage, IEnumerable<IMaintenanceJob> jobs, SchedulesOptions schedules, DateTimeOffset now)
    {
        var crons = schedules.ByJob();
        using var connection = storage.GetConnection();
        var stored = connection.GetRecurringJobs().ToDictionary(job => job.Id);
        var manager = new RecurringJobManager(storage);
        foreach (var unknown in stored.Keys.Except(crons.Keys))
            manager.RemoveIfExists(unknown);
        foreach (var name in jobs.Select(job => job.Name))
        {
            var (job, cron) = (stored.GetValueOrDefault(name), crons[name]);
            if (job is { Removed: false, Error: null, LoadException: null, NextExecution: { } next } && job.Cron == cron)
            {
                if (next <= JobCron.Parse(cron).NextAfter(now)?.UtcDateTime)
                    continue;
                // An update with the same schedule would leave the next run where it is.
                manager.RemoveIfExists(name);
            }

            manager.AddOrUpdate(
                name, Job.FromExpression<MaintenanceJobRunner>(runner => runner.RunAsync(name, null, null, CancellationToken.None)), cron);
        }
    }
}
