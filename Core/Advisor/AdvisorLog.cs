using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Advisor;

internal static partial class AdvisorLog
{
    [LoggerMessage(1500, LogLevel.Warning, "What the advisor learned could not be written down; it goes on in memory")]
    public static partial void NotSaved(ILogger logger, Exception exception);

    [LoggerMessage(1501, LogLevel.Debug, "{Count} lines of advice were not written down: too many at a time")]
    public static partial void Dropped(ILogger logger, long count);

    [LoggerMessage(1502, LogLevel.Debug, "Took up what is known of {Count} networks")]
    public static partial void Remembered(ILogger logger, int count);
}
