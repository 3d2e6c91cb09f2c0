using ChunkUpload.Core.Jobs;
using Hangfire;
using Hangfire.Common;
using Hangfire.Storage;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>The schedules of the jobs as Hangfire stores them.</summary>
internal static class RecurringJobs
{
    /// <summary>
    /// Aligns the stored schedules with the configured ones. A correct schedule is left alone, so that a due run stays due. Three faults
    /// that Hangfire does not repair are repaired here: a schedule that it disabled after errors, a missing schedule, and a next run that
    /// is too late because the clock was ahead and was set back.
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
                // Hangfire keeps the next run when a schedule is updated with the same expression.
                manager.RemoveIfExists(name);
            }

            manager.AddOrUpdate(
                name, Job.FromExpression<MaintenanceJobRunner>(runner => runner.RunAsync(name, null, null, CancellationToken.None)), cron);
        }
    }
}
