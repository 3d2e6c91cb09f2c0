using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Starts, pauses and lists the jobs. Their state is in the ledger; Hangfire only starts the runs.
/// </summary>
internal sealed class JobControl(
    JobScheduler scheduler, JobRuns runs, RunNames names, IEnumerable<IMaintenanceJob> jobs, JobsOptions options,
    SchedulesOptions schedules, TimeProvider time, ILogger<JobControl> log) : IJobControl
{
    private readonly List<IMaintenanceJob> _jobs = [.. jobs.OrderBy(job => job.Name, StringComparer.Ordinal)];

    public Task<IReadOnlyList<JobStatus>> ListAsync(CancellationToken cancellationToken) => StatusAsync(_jobs, cancellationToken);

    public async Task<JobStatus?> FindAsync(string name, CancellationToken cancellationToken) =>
        Find(name) is { } job ? (await StatusAsync([job], cancellationToken))[0] : null;

    public async Task<JobAnswer> RunAsync(string name, CancellationToken cancellationToken)
    {
        if (Find(name) is not { } job)
            return JobAnswer.Unknown;
        if (!options.Enabled)
            return JobAnswer.Off;
        return await TryRunAsync(job, byHand: true, cancellationToken) ? JobAnswer.Done : JobAnswer.AlreadyRunning;
    }

    public async Task<JobAnswer> PauseAsync(string name, CancellationToken cancellationToken)
    {
        if (Find(name) is null)
            return JobAnswer.Unknown;
        await runs.PauseAsync(name, cancellationToken);
        return JobAnswer.Done;
    }

    public async Task<JobAnswer> ResumeAsync(string name, CancellationToken cancellationToken)
    {
        if (Find(name) is not { } job)
            return JobAnswer.Unknown;
        // One run makes up for all that were missed during the pause.
        if (await runs.ResumeAsync(name, cancellationToken) is { } since && options.Enabled
            && CronOf(name).NextAfter(since) <= time.GetUtcNow())
            _ = await TryRunAsync(job, byHand: false, cancellationToken);
        return JobAnswer.Done;
    }

    public async Task<JobRunPage?> HistoryAsync(string name, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        Find(name) is { } job
            ? await runs.HistoryAsync(await names.EverywhereAsync(job, cancellationToken), before, limit, cancellationToken)
            : null;

    private IMaintenanceJob? Find(string name) => _jobs.Find(job => job.Name == name);

    private JobCron CronOf(string name) => JobCron.Parse(schedules.ByJob()[name]);

    private async Task<bool> TryRunAsync(IMaintenanceJob job, bool byHand, CancellationToken cancellationToken)
    {
        var asked = false;
        foreach (var name in await names.EverywhereAsync(job, cancellationToken))
        {
            if (await runs.AskAsync(name, byHand, cancellationToken) is not { } run)
                continue;
            asked = true;
            // The scheduler of another node finds its own run.
            if (name == names.Here(job))
                await EnqueueAsync(name, run);
        }

        return asked;
    }

    private async Task EnqueueAsync(string name, long run)
    {
        try
        {
            await scheduler.EnqueueAsync(name, run);
        }
        catch (Exception exception) when (HangfireErrors.IsTransient(exception))
        {
            // The ledger has the request, and the scheduler's next pass enqueues it.
            SchedulerLog.EnqueuedLater(log, name, exception);
        }
    }

    private async Task<IReadOnlyList<JobStatus>> StatusAsync(IReadOnlyList<IMaintenanceJob> asked, CancellationToken cancellationToken)
    {
        var named = new List<(IMaintenanceJob Job, IReadOnlyList<string> Names)>();
        foreach (var job in asked)
            named.Add((job, await names.EverywhereAsync(job, cancellationToken)));
        var rows = (await runs.StatusAsync(named.SelectMany(one => one.Names), cancellationToken))
            .ToLookup(row => RunNames.JobOf(row.Name));
        // On several nodes an open run takes precedence, then the latest one.
        return [.. named.Select(one => StatusOf(
            one.Job, rows[one.Job.Name].OrderByDescending(row => row.IsOpen).ThenByDescending(row => row.StartedAt).First()))];
    }

    // A run that was requested before the jobs were disabled starts after they are enabled again.
    private JobStatus StatusOf(IMaintenanceJob job, JobStatusRow row) => new(
        job.Name, job.Description, schedules.ByJob()[job.Name],
        row.IsOpen && (options.Enabled || row.Running is not null) ? JobState.Running : row.Paused ? JobState.Paused : JobState.Idle,
        row.Paused, row.Paused || !options.Enabled ? null : CronOf(job.Name).NextAfter(time.GetUtcNow()), row.LastRun, row.Running);
}
