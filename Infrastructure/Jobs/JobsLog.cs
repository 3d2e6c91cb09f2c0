using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Jobs;

internal static partial class JobsLog
{
    [LoggerMessage(6001, LogLevel.Information, "Job {Job} ran for {Milliseconds} ms. {Summary}")]
    public static partial void Ran(ILogger log, string job, long milliseconds, string summary);

    [LoggerMessage(6002, LogLevel.Error, "Job {Job} ran for {Milliseconds} ms and did a part. {Error} {Summary}")]
    public static partial void RanInPart(ILogger log, string job, long milliseconds, string error, string summary);

    [LoggerMessage(6003, LogLevel.Information, "Job {Job} was stopped because the service goes down; the next start runs it again")]
    public static partial void Cancelled(ILogger log, string job);

    [LoggerMessage(6004, LogLevel.Error, "Job {Job} broke off")]
    public static partial void Broke(ILogger log, string job, Exception exception);

    [LoggerMessage(6005, LogLevel.Information, "The scheduler runs, loaded in {Milliseconds} ms")]
    public static partial void Scheduled(ILogger log, long milliseconds);

    [LoggerMessage(6006, LogLevel.Warning, "The scheduler could not start and tries again in {Pause}")]
    public static partial void StartFailed(ILogger log, TimeSpan pause, Exception exception);

    [LoggerMessage(6008, LogLevel.Warning, "The jobs' schedule could not be looked at and will be again")]
    public static partial void WatchFailed(ILogger log, Exception exception);

    [LoggerMessage(6007, LogLevel.Information, "Made the scheduler's tables in {Milliseconds} ms")]
    public static partial void TablesMade(ILogger log, long milliseconds);
}
