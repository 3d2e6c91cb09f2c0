using Microsoft.Extensions.Logging;

namespace ChunkUpload.Client;

internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Information, "{Reason} Trying again in {Pause} (failure {Failures} in a row).")]
    public static partial void Retrying(this ILogger log, string reason, TimeSpan pause, int failures);

    [LoggerMessage(2, LogLevel.Debug, "Session {Session} of {Name}: {Safe} of {Size} bytes are there.")]
    public static partial void Opened(this ILogger log, string session, string name, long safe, long? size);

    [LoggerMessage(3, LogLevel.Information, "{Name} starts again: {Reason}")]
    public static partial void Anew(this ILogger log, string name, string reason);

    [LoggerMessage(4, LogLevel.Information, "{Name} is done: {Bytes} bytes in {Elapsed}, {Saved} of them saved by resuming.")]
    public static partial void Done(this ILogger log, string name, long bytes, TimeSpan elapsed, long saved);

    [LoggerMessage(5, LogLevel.Warning, "{Name} failed: {Reason}")]
    public static partial void Failed(this ILogger log, string name, string reason);

    [LoggerMessage(6, LogLevel.Warning, "The state of {Name} could not be saved: {Reason} It is sent all the same.")]
    public static partial void NotSaved(this ILogger log, string name, string reason);

    [LoggerMessage(7, LogLevel.Warning, "A state file cannot be read and is left out: {Reason}")]
    public static partial void BadState(this ILogger log, string reason);

    [LoggerMessage(8, LogLevel.Warning, "The transfer of {Name} could not be given up: {Reason}")]
    public static partial void NotGivenUp(this ILogger log, string name, string reason);

    [LoggerMessage(9, LogLevel.Warning, "The history could not be written: {Reason}")]
    public static partial void NotRemembered(this ILogger log, string reason);

    [LoggerMessage(10, LogLevel.Warning, "{Name} has {Bytes} bytes that came wrong. Only these are fetched again.")]
    public static partial void Repairing(this ILogger log, string name, long bytes);

    [LoggerMessage(11, LogLevel.Information, "The other device is not reached straight: {Reason}")]
    public static partial void NotStraight(this ILogger log, string reason);
}
