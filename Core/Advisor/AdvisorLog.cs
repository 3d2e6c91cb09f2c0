using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Advisor;

internal static partial class AdvisorLog
{
    [LoggerMessage(1500, LogLevel.Warning, "The advisor's figures could not be saved; it continues in memory")]
    public static partial void NotSaved(ILogger logger, Exception exception);

    [LoggerMessage(1501, LogLevel.Debug, "{Count} lines of advice were dropped: too many at a time")]
    public static partial void Dropped(ILogger logger, long count);

    [LoggerMessage(1502, LogLevel.Debug, "Loaded the figures of {Count} networks")]
    public static partial void Remembered(ILogger logger, int count);
}
