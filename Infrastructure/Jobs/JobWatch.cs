using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Handles cases that Hangfire and the runs cannot: requested runs that did not start, runs whose process has ended, wrong schedules, and
/// old history. It compares each pass with the previous one by a monotonic clock, so that a jump of the wall clock ends no run.
/// </summary>
internal sealed class JobWatch(
    JobRuns runs, RunNames names, MaintenanceJobRunner runner, List<IMaintenanceJob> jobs, SchedulesOptions schedules, JobsOptions options,
    HangfireStorage storage, JobScheduler scheduler, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private const int PassesPerAlignment = 4;
    private const int PassesPerTrim = 240;

    private readonly Dictionary<long, Sighting> _seen = [];

    private sealed record Sighting(string? Node, long Beats, long Since);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isFailing = false;
        for (var pass = 1; ; pass++)
        {
            await Task.Delay(Interval, time, cancellationToken);
            try
            {
                await PassAsync(pass, cancellationToken);
                if (isFailing)
                    SchedulerLog.WatchRecovered(log);
                isFailing = false;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Log an outage only once.
                if (!isFailing)
                    SchedulerLog.WatchFailed(log, exception);
                isFailing = true;
            }
        }
    }

    /// <summary>Checks the open runs and, in every few passes, the schedules and the history.</summary>
    internal async Task PassAsync(int pass, CancellationToken cancellationToken)
    {
        var open = await runs.OpenAsync(cancellationToken);
        foreach (var gone in _seen.Keys.Except(open.Select(run => run.Id)).ToList())
            _ = _seen.Remove(gone);
        foreach (var run in open)
            await LookAtAsync(run, cancellationToken);

        if (pass % PassesPerAlignment == 0)
            await Task.Run(() => RecurringJobs.Align(storage.Storage, jobs, schedules, time.GetUtcNow()), cancellationToken);
        if (pass % PassesPerTrim == 0)
        {
            foreach (var job in jobs)
                await runs.TrimAsync(names.Here(job), options.KeepHistory, cancellationToken);
        }
    }

    private async Task LookAtAsync(OpenJobRun run, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (runner.IsLive(run.Id) || !_seen.TryGetValue(run.Id, out var before) || before.Node != run.Node || before.Beats != run.Beats)
        {
            _seen[run.Id] = new Sighting(run.Node, run.Beats, now);
            return;
        }

        // The run was seen before, and nothing has changed since.
        if (run.Node is null && !scheduler.IsHere(run.Job))
            return;
        if (run.Node is null)
            await scheduler.EnqueueAsync(run.Job, run.Id);
        else if (run.Node == scheduler.Node || time.GetElapsedTime(before.Since, now) > RunLease.Expiry)
            await runs.InterruptAsync(run.Id, RunEndings.LeaseLost, cancellationToken);
    }
}
