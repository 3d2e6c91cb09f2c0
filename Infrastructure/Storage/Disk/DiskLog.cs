using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Storage.Disk;

internal static partial class DiskLog
{
    [LoggerMessage(3001, LogLevel.Error, "A write was lost: {Why}")]
    public static partial void WriteFailed(ILogger log, string why);

    [LoggerMessage(3002, LogLevel.Critical, "The store is degraded and takes no writes: {Why}")]
    public static partial void Degraded(ILogger log, string why);

    [LoggerMessage(3003, LogLevel.Warning, "A probe passed: the store takes writes again.")]
    public static partial void Healed(ILogger log);

    [LoggerMessage(3004, LogLevel.Warning, "The probe of the store failed: {Why}")]
    public static partial void ProbeFailed(ILogger log, string why);

    [LoggerMessage(3005, LogLevel.Warning, "The store is too full to probe; it serves reads and deletes only: {Why}")]
    public static partial void TooFullToProbe(ILogger log, string why);

    [LoggerMessage(
        3006, LogLevel.Information, "The store is ready: {FreeBytes} of {TotalBytes} bytes free, {ReserveBytes} kept in reserve.")]
    public static partial void Ready(ILogger log, long freeBytes, long totalBytes, long reserveBytes);

    [LoggerMessage(3007, LogLevel.Warning, "The probe loop failed once and continues.")]
    public static partial void ProbeLoopFailed(ILogger log, Exception failure);

    [LoggerMessage(3008, LogLevel.Warning, "{Name} cannot be written past the page cache: from now on all files go through it, at about "
        + "twice the processor time for large uploads. Set Storage:DirectWrites=false to skip this attempt.")]
    public static partial void NotDirect(ILogger log, string name);
}
