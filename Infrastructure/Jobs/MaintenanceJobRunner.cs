using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.Logging;
using Quartz;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Lets Quartz run the job whose name the firing carries. One class for all: that a job runs once in the cluster is kept by its key.
/// </summary>
[DisallowConcurrentExecution]
internal sealed class MaintenanceJobRunner(IEnumerable<IMaintenanceJob> jobs, ILogger<MaintenanceJobRunner> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var name = context.JobDetail.Key.Name;
        var job = jobs.First(job => job.Name == name);
        try
        {
            var report = await job.RunAsync(new Progress(context), cancellationToken);
            context.Result = ToHistory(report);
            var milliseconds = (long)context.JobRunTime.TotalMilliseconds;
            if (report.Error is null)
                JobsLog.Ran(log, name, milliseconds, report.Summary);
            else
                JobsLog.RanInPart(log, name, milliseconds, report.Error, report.Summary);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            JobsLog.Cancelled(log, name);
            throw;
        }
        catch (Exception exception)
        {
            JobsLog.Broke(log, name, exception);
            throw;
        }
    }

    private static JobRunReport ToHistory(JobReport report)
    {
        var history = report.Error is null
            ? JobRunReport.Succeeded(report.Summary)
            : JobRunReport.Failed(report.Summary).With(JobHistory.ErrorKey, report.Error);
        foreach (var (name, count) in report.Counts)
            history = history.With(name, count);
        return history;
    }

    private sealed class Progress(IJobExecutionContext context) : IJobProgress
    {
        public void Report(long done, long? total, string what)
        {
            var progress = new JobProgress(done, total, what);
            context.ReportProgress(ProgressNote.Percent(progress), ProgressNote.Write(progress));
        }
    }
}
