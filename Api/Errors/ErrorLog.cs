namespace ChunkUpload.Api.Errors;

internal static partial class ErrorLog
{
    [LoggerMessage(2001, LogLevel.Debug, "The client went away during {Method} {Path}.")]
    public static partial void ClientGone(ILogger log, string method, string path);

    [LoggerMessage(2002, LogLevel.Debug, "A request was not well-formed: {Reason}")]
    public static partial void BadRequest(ILogger log, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "The database cannot be reached.")]
    public static partial void LedgerUnavailable(ILogger log, Exception exception);

    [LoggerMessage(2004, LogLevel.Error, "The storage failed.")]
    public static partial void StorageFailed(ILogger log, Exception exception);

    [LoggerMessage(2005, LogLevel.Error, "{Method} {Path} failed.")]
    public static partial void Failed(ILogger log, Exception exception, string method, string path);

    [LoggerMessage(2006, LogLevel.Error, "{Method} {Path} failed in the middle of its answer; the connection is cut.")]
    public static partial void BrokenOff(ILogger log, Exception exception, string method, string path);
}
