using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Uploads;

internal static partial class UploadLedgerLog
{
    [LoggerMessage(2203, LogLevel.Warning, "A failed attempt of upload {Upload} was not recorded: {Reason}")]
    public static partial void FailureNotRecorded(this ILogger log, string upload, string reason);

    [LoggerMessage(2204, LogLevel.Information, "Incarnation {Incarnation} has begun on store {Store}")]
    public static partial void IncarnationBegun(this ILogger log, long incarnation, Guid store);

    [LoggerMessage(2205, LogLevel.Warning, "The end of incarnation {Incarnation} was not recorded: {Reason}")]
    public static partial void IncarnationEndNotRecorded(this ILogger log, long incarnation, string reason);

    [LoggerMessage(2206, LogLevel.Error,
        "This service was silent for long, or another one has taken over the ledger: incarnation {Incarnation} can change nothing more; "
        + "if two run, stop one of them; restart this one if it is the one to keep")]
    public static partial void IncarnationFenced(this ILogger log, long incarnation);
}
