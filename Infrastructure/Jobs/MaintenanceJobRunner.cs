using System.Collections.Concurrent;
using ChunkUpload.Core.Jobs;
using Hangfire;
using Hangfire.Server;
using Hangfire.States;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Runs a maintenance job when Hangfire calls it. The ledger decides whether the run may begin, and keeps its progress and its result;
/// Hangfire only provides a worker thread. A failed run is not retried, because the next one is due soon enough.
/// </summary>
[AutomaticRetry(Attempts = 0)]
[KeepForAWeek]
internal sealed class MaintenanceJobRunner(
    IEnumerable<IMaintenanceJob> jobs, JobRuns runs, RunNames names, string node, TimeProvider time, ILogger log,
    CancellationToken stopping)
{
    // How long recording the result of a run is retried while the database is unavailable.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, byte> _live = new();

    /// <summary>Returns whether the run is running in this process.</summary>
    public bool IsLive(long run) => _live.ContainsKey(run);

    /// <param name="asked">The requested run; null if the schedule has fired.</param>
    /// <param name="context">The context, which Hangfire passes.</param>
    /// <returns>A sentence for the dashboard.</returns>
    [JobDisplayName("{0}")]
    public async Task<string> RunAsync(string name, long? asked, PerformContext? context, CancellationToken cancellationToken)
    {
        // 1. Start, unless another run of the job is open or this background job has already started a run.
        if (asked is null && jobs.First(job => job.Name == name) is var scheduled && names.IsOfNode(scheduled))
            return await AskEachNodeAsync(scheduled);
        var ticket = context!.BackgroundJob.Id;
        var begun = asked is { } request
            ? await runs.BeginAskedAsync(request, ticket, node, stopping)
            : await runs.BeginScheduledAsync(name, ticket, node, stopping);
        if (begun is not { } run)
            return "Nothing was done: the job is running or paused, or this background job was run before. Trigger the recurring job "
                + "instead.";
        _ = _live.TryAdd(run, 0);
        try
        {
            // 2. Run the job while the lease is valid.
            var began = time.GetTimestamp();
            await using var lease = new RunLease(runs, run, time, cancellationToken);
            var (outcome, report) = await WorkAsync(name, lease, context);

            // 3. Record the result.
            var took = time.GetElapsedTime(began);
            await KeepAsync(name, run, outcome, report, took, lease);
            if (outcome == JobOutcome.Failed)
                throw new JobFailedException(report.Error!);
            return report.Summary;
        }
        finally
        {
            _ = _live.TryRemove(run, out _);
        }
    }

    /// <summary>Requests a run on each node, because the schedule fires on one node only.</summary>
    private async Task<string> AskEachNodeAsync(IMaintenanceJob job)
    {
        var all = await names.EverywhereAsync(job, stopping);
        foreach (var run in all)
            _ = await runs.AskAsync(run, byHand: false, stopping);
        return $"Runs on {all.Count} nodes were asked for.";
    }

    private async Task<(JobOutcome Outcome, JobReport Report)> WorkAsync(string name, RunLease lease, PerformContext context)
    {
        try
        {
            var report = await jobs.First(job => names.Here(job) == name).RunAsync(lease, lease.Token);
            return (report.Error is null ? JobOutcome.Succeeded : JobOutcome.Failed, report);
        }
        catch (OperationCanceledException) when (lease.Token.IsCancellationRequested)
        {
            if (stopping.IsCancellationRequested)
                return (JobOutcome.Cancelled, Only(RunEndings.ServiceStopped));
            return !lease.IsLost && IsDeleted(context)
                ? (JobOutcome.Failed, Only("") with { Error = RunEndings.DeletedByOperator })
                : (JobOutcome.Cancelled, Only(RunEndings.LeaseLost));
        }
        catch (Exception exception)
        {
            SchedulerLog.Broke(log, name, exception);
            return (JobOutcome.Failed, Only("") with { Error = exception.Message });
        }
    }

    private async Task KeepAsync(string name, long run, JobOutcome outcome, JobReport report, TimeSpan took, RunLease lease)
    {
        var milliseconds = (long)took.TotalMilliseconds;
        if (outcome == JobOutcome.Succeeded)
            SchedulerLog.Ran(log, name, milliseconds, report.Summary);
        else if (outcome == JobOutcome.Failed)
            SchedulerLog.Failed(log, name, milliseconds, report.Error!, report.Summary);
        else
            SchedulerLog.Cancelled(log, name, report.Summary);

        // If the run lost its lease, another process or the scheduler's next pass ends it.
        if (lease.IsLost)
            return;
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                // Without the run's token, which is cancelled when the run is stopped.
                await (outcome == JobOutcome.Cancelled
                    ? runs.InterruptAsync(run, report.Summary, CancellationToken.None)
                    : runs.EndAsync(run, outcome, report, took, CancellationToken.None));
                return;
            }
            catch (LedgerUnavailableException) when (!stopping.IsCancellationRequested && time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Pause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (LedgerUnavailableException exception)
            {
                // The run stays open in the ledger; the scheduler or the next start requests it again.
                SchedulerLog.ResultLost(log, name, exception);
                return;
            }
        }
    }

    private static bool IsDeleted(PerformContext context)
    {
        try
        {
            return context.Connection.GetStateData(context.BackgroundJob.Id)?.Name == DeletedState.StateName;
        }
        catch (Exception)
        {
            // The database is unavailable, so treat the run as interrupted.
            return false;
        }
    }

    private static JobReport Only(string summary) => new(summary, new Dictionary<string, long>());
}
