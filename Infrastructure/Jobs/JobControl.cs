using System.Data.Common;
using System.Net.Sockets;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Uploads;
using Quartz;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>Answers from the scheduler's tables, which all nodes share.</summary>
internal sealed class JobControl(SchedulerStart start, IEnumerable<IMaintenanceJob> jobs, SchedulesOptions schedules, TimeProvider time) : IJobControl
{
    // Beside a start the scheduler is up within a second or two; longer means that its database does not answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly List<IMaintenanceJob> _jobs = [.. jobs.OrderBy(job => job.Name, StringComparer.Ordinal)];

    public Task<IReadOnlyList<JobStatus>> ListAsync(CancellationToken cancellationToken) => AskAsync<IReadOnlyList<JobStatus>>(async quartz =>
    {
        var list = new List<JobStatus>(_jobs.Count);
        foreach (var job in _jobs)
            list.Add(await StatusAsync(quartz, job, cancellationToken));
        return list;
    }, cancellationToken);

    public Task<JobStatus?> FindAsync(string name, CancellationToken cancellationToken) => AskAsync(
        async quartz => Find(name) is { } job ? await StatusAsync(quartz, job, cancellationToken) : null, cancellationToken);

    public Task<JobAnswer> RunAsync(string name, CancellationToken cancellationToken) => AskAsync(async quartz =>
    {
        if (Find(name) is null)
            return JobAnswer.Unknown;
        if (await RunningAsync(quartz, name, cancellationToken) is not null)
            return JobAnswer.AlreadyRunning;
        return await JobSchedule.TryRunAsync(quartz.Scheduler, name, byHand: true, cancellationToken) ? JobAnswer.Done : JobAnswer.AlreadyRunning;
    }, cancellationToken);

    public Task<JobAnswer> PauseAsync(string name, CancellationToken cancellationToken) => AskAsync(async quartz =>
    {
        if (Find(name) is null)
            return JobAnswer.Unknown;
        _ = await quartz.Scheduler.PauseTrigger(JobSchedule.Scheduled(name), cancellationToken);
        return JobAnswer.Done;
    }, cancellationToken);

    public Task<JobAnswer> ResumeAsync(string name, CancellationToken cancellationToken) => AskAsync(async quartz =>
    {
        if (Find(name) is null)
            return JobAnswer.Unknown;
        _ = await quartz.Scheduler.ResumeTrigger(JobSchedule.Scheduled(name), cancellationToken);
        return JobAnswer.Done;
    }, cancellationToken);

    public Task<JobRunPage?> HistoryAsync(string name, DateTimeOffset? before, int limit, CancellationToken cancellationToken) => AskAsync(
        async quartz => Find(name) is null ? null : await HistoryAsync(quartz, name, before, limit, cancellationToken), cancellationToken);

    private IMaintenanceJob? Find(string name) => _jobs.Find(job => job.Name == name);

    private async Task<JobStatus> StatusAsync(QuartzScheduler quartz, IMaintenanceJob job, CancellationToken cancellationToken)
    {
        var trigger = await quartz.Scheduler.GetTrigger(JobSchedule.Scheduled(job.Name), cancellationToken);
        var paused = await quartz.Scheduler.GetTriggerState(JobSchedule.Scheduled(job.Name), cancellationToken) == TriggerState.Paused;
        // Before the firings: what is asked for at the one look has begun, if at all, by the other.
        var isAskedFor = await JobSchedule.IsAskedForAsync(quartz.Scheduler, job.Name, cancellationToken);
        var running = await RunningAsync(quartz, job.Name, cancellationToken);
        var last = await HistoryAsync(quartz, job.Name, null, 1, cancellationToken);
        return new JobStatus(
            job.Name, job.Description, schedules.ByJob()[job.Name],
            running is not null || isAskedFor ? JobState.Running : paused ? JobState.Paused : JobState.Idle,
            paused, paused ? null : trigger?.NextFireTimeUtc, last.Items.Count > 0 ? last.Items[0] : null, running);
    }

    private static async Task<JobRunning?> RunningAsync(QuartzScheduler quartz, string name, CancellationToken cancellationToken)
    {
        var firings = await quartz.Scheduler.QueryFireInstances(new FireInstanceQuery { Job = JobSchedule.Job(name), Take = 1 }, cancellationToken);
        return firings.Items is [var firing, ..]
            ? new JobRunning(firing.FireTimeUtc, firing.SchedulerInstanceId, ProgressNote.Read(firing.ProgressMessage))
            : null;
    }

    private static async Task<JobRunPage> HistoryAsync(QuartzScheduler quartz, string name, DateTimeOffset? before, int limit, CancellationToken cancellationToken)
    {
        var page = await quartz.History.QueryExecutions(
            new ExecutionHistoryQuery { SchedulerName = QuartzScheduler.Name, Job = JobSchedule.Job(name), FiredBefore = before, Take = limit }, cancellationToken);
        return new JobRunPage([.. page.Items.Select(JobHistory.ToRun)], page.HasMore);
    }

    private async Task<T> AskAsync<T>(Func<QuartzScheduler, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(await start.Ready.WaitAsync(Patience, time, cancellationToken));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LedgerUnavailableException("The scheduler has stopped.", exception);
        }
        // Some of what the scheduler meets on its way to its tables comes as it was thrown.
        catch (Exception exception) when (exception is SchedulerException or DbException or TimeoutException or IOException or SocketException
            or ArgumentOutOfRangeException or ObjectDisposedException)
        {
            throw new LedgerUnavailableException("The scheduler's tables cannot be asked now.", exception);
        }
    }
}
