using ChunkUpload.Core.Jobs;
using Quartz;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>Which jobs and triggers the scheduler has, and what they are called.</summary>
internal static class JobSchedule
{
    private const string Group = "maintenance";

    // By how much another node's clock may be ahead of ours.
    private static readonly TimeSpan ClocksApart = TimeSpan.FromMinutes(1);

    public static JobKey Job(string name) => new(name, Group);

    /// <summary>The trigger of the schedule. It alone is ever paused.</summary>
    public static TriggerKey Scheduled(string name) => new(name, "schedule");

    /// <summary>The trigger of a start and of a person. It has one name per job, so that asking twice does not run twice.</summary>
    public static TriggerKey AtOnce(string name) => new(name, "at-once");

    /// <summary>
    /// Brings the stored schedule to the configured one. What is as it should be is left alone: a paused job stays paused, and a run
    /// that is due stays due.
    /// </summary>
    public static async Task ApplyAsync(IScheduler scheduler, IEnumerable<IMaintenanceJob> jobs, SchedulesOptions schedules, CancellationToken cancellationToken)
    {
        var crons = schedules.ByJob();
        foreach (var job in jobs)
        {
            await scheduler.AddJob(Detail(job), new AddJobOptions { Replace = true }, cancellationToken);
            await AlignAsync(scheduler, job.Name, crons[job.Name], cancellationToken);
        }
    }

    /// <summary>
    /// Mends what the stored schedule cannot mend itself: a run that could not be fired, and a next run that lies beyond the schedule's,
    /// which a clock leaves that leapt ahead and was set back.
    /// </summary>
    public static async Task AlignAsync(IScheduler scheduler, string name, string cron, CancellationToken cancellationToken)
    {
        var key = Scheduled(name);
        var state = await scheduler.GetTriggerState(key, cancellationToken);
        if (state == TriggerState.Error)
            _ = await scheduler.ResetTriggerFromErrorState(key, cancellationToken);
        if (await scheduler.GetTrigger(key, cancellationToken) is ICronTrigger stored && stored.CronExpressionString == cron && !IsBeyond(scheduler, stored))
            return;
        _ = await scheduler.ScheduleJob(
            OnSchedule(name, cron), new ScheduleJobOptions { Replace = true, Paused = state == TriggerState.Paused }, cancellationToken);
    }

    private static bool IsBeyond(IScheduler scheduler, ICronTrigger stored) =>
        stored.NextFireTimeUtc is { } next && stored.GetFireTimeAfter(scheduler.TimeProvider.GetUtcNow()) is { } expected && next > expected;

    /// <summary>The jobs that tidy up after a crash run now, unless somebody has paused them.</summary>
    public static async Task RunAtStartAsync(IScheduler scheduler, IEnumerable<IMaintenanceJob> jobs, CancellationToken cancellationToken)
    {
        foreach (var name in jobs.Select(job => job.Name).Intersect(SchedulesOptions.AtStart))
        {
            if (await scheduler.GetTriggerState(Scheduled(name), cancellationToken) != TriggerState.Paused)
                _ = await TryRunAsync(scheduler, name, byHand: false, cancellationToken);
        }
    }

    /// <summary>False when a run at once is already asked for or under way.</summary>
    public static async Task<bool> TryRunAsync(IScheduler scheduler, string name, bool byHand, CancellationToken cancellationToken)
    {
        var trigger = TriggerBuilder.Create().WithIdentity(AtOnce(name)).ForJob(Job(name)).StartNow();
        if (byHand)
            trigger = trigger.UsingJobData(SchedulerConstants.ManualTrigger, "true");

        // One that could not be fired at all would otherwise be in the way for ever, and one whose time the clock has left again, for years.
        var stuck = await scheduler.GetTriggerState(AtOnce(name), cancellationToken) == TriggerState.Error
            || (await scheduler.GetTrigger(AtOnce(name), cancellationToken) is { NextFireTimeUtc: { } next } && next > scheduler.TimeProvider.GetUtcNow() + ClocksApart);
        try
        {
            _ = await scheduler.ScheduleJob(trigger.Build(), new ScheduleJobOptions { Replace = stuck }, cancellationToken);
            return true;
        }
        catch (ObjectAlreadyExistsException)
        {
            return false;
        }
    }

    /// <summary>A run at once was asked for and has not begun.</summary>
    public static async Task<bool> IsAskedForAsync(IScheduler scheduler, string name, CancellationToken cancellationToken) =>
        await scheduler.GetTriggerState(AtOnce(name), cancellationToken) is not (TriggerState.None or TriggerState.Error);

    private static IJobDetail Detail(IMaintenanceJob job) => JobBuilder.Create<MaintenanceJobRunner>()
        .WithIdentity(Job(job.Name))
        .WithDescription(job.Description)
        .StoreDurably()
        .RequestRecovery()
        .Build();

    // A run that was missed while nothing ran is made up for, once.
    private static ITrigger OnSchedule(string name, string cron) => TriggerBuilder.Create()
        .WithIdentity(Scheduled(name))
        .ForJob(Job(name))
        .WithCronSchedule(cron, schedule => schedule.InTimeZone(TimeZoneInfo.Utc).WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed))
        .Build();
}
