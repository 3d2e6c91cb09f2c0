using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Storage.Disk;
using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Runs Hangfire's server once the service listens, because no request needs it and loading it takes time. If the database fails in the
/// meantime, the scheduler retries while the service continues. Afterwards a <see cref="JobWatch"/> monitors runs and schedules.
/// </summary>
internal sealed class JobScheduler(
    HangfireStorage storage, JobRuns runs, RunNames names, DataDirectory data, IEnumerable<IMaintenanceJob> jobs, JobsOptions options,
    SchedulesOptions schedules, NodeDrain drain, IHostApplicationLifetime service, TimeProvider time, ILoggerFactory logs)
    : IStartStep, IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly ILogger _log = logs.CreateLogger<JobScheduler>();
    private readonly List<IMaintenanceJob> _jobs = [.. jobs];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BackgroundJobServer? _server;
    private volatile bool _enqueues;
    private Task _running = Task.CompletedTask;

    public int Order => StartOrder.Background;

    public string Name => "scheduler";

    /// <summary>The interval at which Hangfire polls for due schedules. A run may start this much late.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Completed once the scheduler runs.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Identifies this process among all on the same ledger. Every start on the same store has the same value.</summary>
    public string Node => data.StoreId.ToString("n");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ = _ready.TrySetCanceled(CancellationToken.None);
        if (_server is { } server)
        {
            server.SendStop();
            await server.WaitForShutdownAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            server.Dispose();
        }

        HangfireLog.Forget(logs);
        // Before the database stops, because open connections would delay that.
        await storage.DisposeAsync();
    }

    public ValueTask DisposeAsync()
    {
        _stopping.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Enqueues a requested run, so that a worker starts it: on any node, or on this one if the run belongs to it. Does nothing until the
    /// start has enqueued all such runs.
    /// </summary>
    public async Task EnqueueAsync(string job, long run)
    {
        if (_enqueues)
            await Task.Run(() => Enqueue(job, run));
    }

    private void Enqueue(string job, long run)
    {
        var call = Job.FromExpression<MaintenanceJobRunner>(runner => runner.RunAsync(job, run, null, CancellationToken.None));
        var client = new BackgroundJobClient(storage.Storage);
        try
        {
            _ = client.Create(call, new EnqueuedState(QueueOf(job)));
        }
        catch (BackgroundJobClientException exception) when (HangfireErrors.IsTransient(exception))
        {
            // A database server that was restarted leaves dead connections in the pool. If both attempts enqueue the run, the ledger
            // permits only one start.
            storage.DropConnections();
            _ = client.Create(call, new EnqueuedState(QueueOf(job)));
        }
    }

    /// <summary>Returns whether this node may start the run.</summary>
    public bool IsHere(string run) => _jobs.Any(job => names.Here(job) == run);

    private string QueueOf(string run) => run == RunNames.JobOf(run) ? EnqueuedState.DefaultQueue : OwnQueue;

    private string OwnQueue => $"n{Node}";

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await ListeningAsync(cancellationToken);
        if (await StartUntilItRunsAsync(cancellationToken) is { } runner)
            await new JobWatch(runs, names, runner, _jobs, schedules, options, storage, this, time, _log).RunAsync(cancellationToken);
    }

    private async Task ListeningAsync(CancellationToken cancellationToken)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = service.ApplicationStarted.Register(listening.SetResult);
        await listening.Task.WaitAsync(cancellationToken);
    }

    private async Task<MaintenanceJobRunner?> StartUntilItRunsAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var runner = await StartOnceAsync(cancellationToken);
                _ready.SetResult();
                SchedulerLog.Scheduled(_log, (long)time.GetElapsedTime(began).TotalMilliseconds);
                return runner;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Retry after any exception: the service is up, and the jobs can wait.
                SchedulerLog.StartFailed(_log, pause, exception);
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    // 1. Request runs again that the previous process of this store left open. A process that runs no jobs does nothing else and opens no
    // connection for them. 2. Align the stored schedules with the settings. 3. Request the cleanup jobs. 4. Enqueue all requested runs, so
    // that workers find them when they start.
    private async Task<MaintenanceJobRunner?> StartOnceAsync(CancellationToken cancellationToken)
    {
        HangfireLog.SendTo(logs);

        // 1
        foreach (var left in (await runs.OpenAsync(cancellationToken)).Where(run => run.Node == Node))
            await runs.InterruptAsync(left.Id, RunEndings.ServiceStopped, cancellationToken);

        if (!options.Enabled)
            return null;

        // 2
        await Task.Run(() => RecurringJobs.Align(storage.Storage, _jobs, schedules, time.GetUtcNow()), cancellationToken);

        // 3
        foreach (var job in _jobs.Where(job => SchedulesOptions.AtStart.Contains(job.Name)))
            _ = await runs.AskAsync(names.Here(job), byHand: false, cancellationToken);

        // 4
        _enqueues = true;
        foreach (var asked in (await runs.OpenAsync(cancellationToken)).Where(run => run.Node is null && IsHere(run.Job)))
            await Task.Run(() => Enqueue(asked.Job, asked.Id), cancellationToken);
        var runner = new MaintenanceJobRunner(_jobs, runs, names, Node, time, _log, _stopping.Token);
        _server = await Task.Run(() => new BackgroundJobServer(ServerOptions(runner), storage.Storage), cancellationToken);
        return runner;
    }

    private BackgroundJobServerOptions ServerOptions(MaintenanceJobRunner runner) => new()
    {
        ServerName = Node,
        // Only this node can run the jobs of its own disk.
        Queues = (_jobs.Exists(names.IsOfNode), drain.HasWork) switch
        {
            (true, true) => [OwnQueue, EnqueuedState.DefaultQueue],
            (true, false) => [OwnQueue],
            _ => [EnqueuedState.DefaultQueue],
        },
        // One worker for each job, so that a scrub that takes days delays neither a purge nor a manual run.
        WorkerCount = Math.Max(1, _jobs.Count),
        SchedulePollingInterval = Poll,
        Activator = new OneRunner(runner),
    };

    private sealed class OneRunner(MaintenanceJobRunner runner) : JobActivator
    {
        public override object ActivateJob(Type jobType) => runner;
    }
}
