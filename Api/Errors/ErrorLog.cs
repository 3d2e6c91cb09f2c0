namespace ChunkUpload.Api.Errors;

internal static partial class ErrorLog
{
    [LoggerMessage(1102, LogLevel.Debug, "A request is malformed: {Reason}")]
    public static partial void BadRequest(ILogger log, string reason);

    [LoggerMessage(1106, LogLevel.Warning, "The keys of the token issuer cannot be read")]
    public static partial void IssuerUnavailable(ILogger log, Exception exception);

    [LoggerMessage(1103, LogLevel.Warning, "The database cannot be reached")]
    public static partial void LedgerUnavailable(ILogger log, Exception exception);

    [LoggerMessage(1107, LogLevel.Warning, "{Method} {Route} was refused: {Reason}")]
    public static partial void LedgerBusy(ILogger log, string method, string route, string reason);

    [LoggerMessage(1104, LogLevel.Error, "The storage failed.")]
    public static partial void StorageFailed(ILogger log, Exception exception);

    [LoggerMessage(1105, LogLevel.Error, "{Method} {Route} failed.")]
    public static partial void Failed(ILogger log, Exception exception, string method, string route);
}
