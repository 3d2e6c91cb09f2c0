using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Ledger;

internal static partial class LedgerLog
{
    [LoggerMessage(2201, LogLevel.Warning, "The ledger's database did not answer ({Reason}); the statement is repeated in {PauseMs} ms")]
    public static partial void CallRepeated(this ILogger log, string reason, long pauseMs);

    [LoggerMessage(2202, LogLevel.Warning, "A batch of {Count} records failed ({Reason}); they are recorded one by one")]
    public static partial void BatchSplit(this ILogger log, int count, string reason);

    [LoggerMessage(2207, LogLevel.Error,
        "No synchronous standby of the ledger's server is connected: requests are refused until one is (Cluster:Standby is Required)")]
    public static partial void StandbyLost(this ILogger log);

    [LoggerMessage(2208, LogLevel.Information, "A synchronous standby of the ledger's server is connected again")]
    public static partial void StandbyReturned(this ILogger log);
}
