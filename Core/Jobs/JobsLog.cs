using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Jobs;

internal static partial class JobsLog
{
    [LoggerMessage(
        5001, LogLevel.Information, "No row names {Kind} {Unique:n} of incarnation {Incarnation}, which has ended: moved to the trash")]
    public static partial void Trashed(ILogger log, StoredFileKind kind, long incarnation, Guid unique);

    [LoggerMessage(5002, LogLevel.Warning, "A file could not be removed and will be tried again")]
    public static partial void FileStuck(ILogger log, Exception exception);

    [LoggerMessage(5003, LogLevel.Error, "Upload {Upload}, \"{FileName}\", is damaged and was quarantined. {Reason}")]
    public static partial void Damaged(ILogger log, UploadId upload, string fileName, string reason);

    [LoggerMessage(5008, LogLevel.Warning,
        "The node {Node} has been silent for a day and has no files on its disk: its last run can record nothing any more, and what it has "
            + "left in the bucket is removed. It begins anew when it is started")]
    public static partial void SilentNodeFenced(ILogger log, string node);

    [LoggerMessage(5004, LogLevel.Error, "Upload {Upload}, \"{FileName}\", could not be checked. {Reason}")]
    public static partial void Unreadable(ILogger log, UploadId upload, string fileName, string reason);

    [LoggerMessage(5007, LogLevel.Error, "The ledger does not name {Orphans} of {Files} stored files: none was moved to the trash")]
    public static partial void TooManyOrphans(ILogger log, int orphans, long files);

    [LoggerMessage(5005, LogLevel.Information, "Upload {Upload}, \"{FileName}\", is whole again and left quarantine")]
    public static partial void Mended(ILogger log, UploadId upload, string fileName);

    [LoggerMessage(5006, LogLevel.Warning, "Upload {Upload}, \"{FileName}\", stays in quarantine. {Reason}")]
    public static partial void StillDamaged(ILogger log, UploadId upload, string fileName, string reason);
}
