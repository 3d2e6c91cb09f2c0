using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Jobs;

internal static partial class JobsLog
{
    [LoggerMessage(5001, LogLevel.Information, "No row names {Kind} {Unique:n} of life {Life}, which has ended: moved to the trash")]
    public static partial void Trashed(ILogger log, StoredFileKind kind, long life, Guid unique);

    [LoggerMessage(5002, LogLevel.Warning, "A file could not be removed and will be tried again")]
    public static partial void FileStuck(ILogger log, Exception exception);

    [LoggerMessage(5003, LogLevel.Error, "Upload {Upload}, \"{FileName}\", is damaged and was quarantined. {Reason}")]
    public static partial void Damaged(ILogger log, UploadId upload, string fileName, string reason);

    [LoggerMessage(5004, LogLevel.Error, "Upload {Upload}, \"{FileName}\", could not be checked. {Reason}")]
    public static partial void Unreadable(ILogger log, UploadId upload, string fileName, string reason);
}
