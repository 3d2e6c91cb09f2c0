namespace ChunkUpload.Api.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(1000, LogLevel.Information, "ChunkUpload {Version} is ready: {Addresses}")]
    public static partial void Ready(ILogger logger, string version, string addresses);

    [LoggerMessage(1001, LogLevel.Information, "Stopping: running requests have {Seconds} s to reach a checkpoint")]
    public static partial void Stopping(ILogger logger, double seconds);

    [LoggerMessage(1002, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(1003, LogLevel.Debug, "Started: {Step} in {Milliseconds} ms")]
    public static partial void StepStarted(ILogger logger, string step, long milliseconds);

    [LoggerMessage(1004, LogLevel.Debug, "Stopped: {Step} in {Milliseconds} ms")]
    public static partial void StepStopped(ILogger logger, string step, long milliseconds);

    [LoggerMessage(1005, LogLevel.Error, "Failed to stop: {Step}")]
    public static partial void StepStopFailed(ILogger logger, Exception exception, string step);

    [LoggerMessage(1006, LogLevel.Critical, "The service failed")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(1007, LogLevel.Warning, "Host:DrainTime has elapsed and requests are still running; they are aborted")]
    public static partial void DrainTimeOver(ILogger logger);

    [LoggerMessage(1008, LogLevel.Warning,
        "A request from {Proxy} has X-Forwarded-Proto, but the proxy is not in Proxy:Trusted: its headers are ignored, and "
            + "addresses in answers may be wrong")]
    public static partial void ProxyNotTrusted(ILogger logger, System.Net.IPAddress? proxy);

    [LoggerMessage(1011, LogLevel.Debug, "The client disconnected")]
    public static partial void ClientDisconnected(ILogger logger, Exception exception);

    [LoggerMessage(1013, LogLevel.Warning, "The service is ready, but its address or sign-in link could not be printed: {Reason}")]
    public static partial void NotAnnounced(ILogger logger, string reason);

    [LoggerMessage(1012, LogLevel.Error, "A request failed with an unhandled exception")]
    public static partial void RequestFailed(ILogger logger, Exception exception);
}
