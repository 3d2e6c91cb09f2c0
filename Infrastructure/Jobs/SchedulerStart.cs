using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Starts the scheduler once the service listens: loading it takes longer than everything else at a start, and no request needs it.
/// Until it runs, whoever asks for it waits. A database that fails meanwhile makes it try again, not the service stop.
/// </summary>
internal sealed class SchedulerStart(
    LedgerDatabase database, DataDirectory data, IEnumerable<IMaintenanceJob> jobs, JobsOptions options, SchedulesOptions schedules,
    IHostApplicationLifetime service, TimeProvider time, ILoggerFactory logs) : IStartStep, IAsyncDisposable
{
    private const int Connections = 10;

    private static readonly TimeSpan Watch = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly ILogger _log = logs.CreateLogger<SchedulerStart>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<QuartzScheduler> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    public int Order => StartOrder.Background;

    public string Name => "scheduler";

    /// <summary>The running scheduler, once it runs.</summary>
    public Task<QuartzScheduler> Ready => _ready.Task;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_ready.TrySetCanceled(CancellationToken.None) && _ready.Task.IsCompletedSuccessfully)
        {
            var running = await _ready.Task;
            await running.ShutdownAsync(cancellationToken);
            await running.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        _stopping.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await ListeningAsync(cancellationToken);
        await StartUntilItRunsAsync(cancellationToken);
        if (options.Enabled)
            await WatchAsync((await _ready.Task).Scheduler, cancellationToken);
    }

    // The pause counts real time, whatever the clock on the wall does meanwhile.
    private async Task WatchAsync(IScheduler scheduler, CancellationToken cancellationToken)
    {
        var crons = schedules.ByJob();
        while (true)
        {
            await Task.Delay(Watch, time, cancellationToken);
            try
            {
                foreach (var job in jobs)
                    await JobSchedule.AlignAsync(scheduler, job.Name, crons[job.Name], cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                JobsLog.WatchFailed(_log, exception);
            }
        }
    }

    private async Task StartUntilItRunsAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                _ready.SetResult(await StartOnceAsync(cancellationToken));
                JobsLog.Scheduled(_log, (long)time.GetElapsedTime(began).TotalMilliseconds);
                return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it was, the service is up and the jobs can wait.
                JobsLog.StartFailed(_log, pause, exception);
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }

    private async Task ListeningAsync(CancellationToken cancellationToken)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = service.ApplicationStarted.Register(listening.SetResult);
        await listening.Task.WaitAsync(cancellationToken);
    }

    private async Task<QuartzScheduler> StartOnceAsync(CancellationToken cancellationToken)
    {
        var scheduler = await QuartzScheduler.BuildAsync(
            database.ConnectionStringFor("jobs", QuartzScheduler.Schema, Connections), data.StoreId.ToString("n"), jobs, options, logs, time, cancellationToken);
        try
        {
            await JobSchedule.ApplyAsync(scheduler.Scheduler, jobs, schedules, cancellationToken);
            if (!options.Enabled)
                return scheduler;
            await scheduler.Scheduler.Start(cancellationToken);
            await JobSchedule.RunAtStartAsync(scheduler.Scheduler, jobs, cancellationToken);
            return scheduler;
        }
        catch
        {
            await scheduler.ShutdownAsync(CancellationToken.None);
            await scheduler.DisposeAsync();
            throw;
        }
    }
}
