using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Jobs;

internal static partial class SchedulerLog
{
    [LoggerMessage(6001, LogLevel.Information, "Job {Job} ran for {Milliseconds} ms. {Summary}")]
    public static partial void Ran(ILogger log, string job, long milliseconds, string summary);

    [LoggerMessage(6002, LogLevel.Error, "Job {Job} failed after {Milliseconds} ms. {Error} {Summary}")]
    public static partial void Failed(ILogger log, string job, long milliseconds, string error, string summary);

    [LoggerMessage(6003, LogLevel.Information, "Job {Job} was cut off and will run again. {Reason}")]
    public static partial void Cancelled(ILogger log, string job, string reason);

    [LoggerMessage(6004, LogLevel.Error, "Job {Job} threw an exception")]
    public static partial void Broke(ILogger log, string job, Exception exception);

    [LoggerMessage(6005, LogLevel.Information, "The scheduler runs, loaded in {Milliseconds} ms")]
    public static partial void Scheduled(ILogger log, long milliseconds);

    [LoggerMessage(6006, LogLevel.Warning, "The scheduler could not start and tries again in {Pause}")]
    public static partial void StartFailed(ILogger log, TimeSpan pause, Exception exception);

    [LoggerMessage(6007, LogLevel.Information, "Created the tables of the maintenance jobs in {Milliseconds} ms")]
    public static partial void TablesCreated(ILogger log, long milliseconds);

    [LoggerMessage(6008, LogLevel.Warning, "The scheduler cannot reach its tables and tries again until it can")]
    public static partial void WatchFailed(ILogger log, Exception exception);

    [LoggerMessage(6009, LogLevel.Information, "The scheduler reaches its tables again")]
    public static partial void WatchRecovered(ILogger log);

    [LoggerMessage(6010, LogLevel.Warning, "The result of job {Job} could not be recorded; the job will run again")]
    public static partial void ResultLost(ILogger log, string job, Exception exception);

    [LoggerMessage(
        6011, LogLevel.Warning, "Job {Job} was asked for and begins within half a minute, because Hangfire's tables do not answer")]
    public static partial void EnqueuedLater(ILogger log, string job, Exception exception);

    [LoggerMessage(EventId = 6012, Message = "{Message}")]
    public static partial void Hangfire(ILogger log, LogLevel level, string message, Exception? exception);
}
