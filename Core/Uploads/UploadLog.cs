using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

internal static partial class UploadLog
{
    [LoggerMessage(4001, LogLevel.Warning, "Upload {Upload}: the received part of the chunk at {Offset} could not be kept")]
    public static partial void PrefixNotKept(ILogger log, UploadId upload, long offset, Exception exception);

    [LoggerMessage(
        4002, LogLevel.Warning, "Upload {Upload}: the kept part of the chunk at {Offset} differs from the recorded digest and was dropped")]
    public static partial void PrefixDamaged(ILogger log, UploadId upload, long offset);

    [LoggerMessage(4003, LogLevel.Error, "Upload {Upload}: storage failed with {Kind} at offset {Offset}")]
    public static partial void StoreFailed(ILogger log, UploadId upload, string kind, long offset, Exception exception);

    [LoggerMessage(4004, LogLevel.Error,
        "Upload {Upload}: the chunk at {Offset} that was read back from the device differs from the received one")]
    public static partial void VerifyFailed(ILogger log, UploadId upload, long offset);

    [LoggerMessage(4005, LogLevel.Debug, "Upload {Upload}: {Kind} at {Offset} after {Bytes} bytes, {Kept} kept")]
    public static partial void Broke(ILogger log, UploadId upload, string kind, long offset, long bytes, long kept);

    [LoggerMessage(4006, LogLevel.Error, "Upload {Upload} is damaged: {Reason}")]
    public static partial void Damaged(ILogger log, UploadId upload, string reason);

    [LoggerMessage(4007, LogLevel.Warning, "Upload {Upload}: background work stopped and will be tried again")]
    public static partial void BackgroundFailed(ILogger log, UploadId upload, Exception exception);

    [LoggerMessage(4008, LogLevel.Debug, "Upload {Upload}: {Count} chunks, {Bytes} bytes merged")]
    public static partial void Merged(ILogger log, UploadId upload, int count, long bytes);

    [LoggerMessage(4009, LogLevel.Information, "Upload {Upload} is complete: {Size} bytes")]
    public static partial void Completed(ILogger log, UploadId upload, long? size);

    [LoggerMessage(4014, LogLevel.Warning,
        "Unfinished work of earlier incarnations could not be scheduled; the job finish-pending will do so")]
    public static partial void PendingNotPickedUp(ILogger log, Exception exception);

    [LoggerMessage(
        4013, LogLevel.Warning,
        "Upload {Upload}: the concatenation of this part will be completed at its next query or by the job finish-pending")]
    public static partial void JoinPutOff(ILogger log, UploadId upload, Exception exception);

    [LoggerMessage(4015, LogLevel.Warning, "The trash could not be freed now and will be freed later")]
    public static partial void TrashPutOff(ILogger log, Exception exception);

    [LoggerMessage(4016, LogLevel.Error, "A member of an archive could not be published")]
    public static partial void MemberFailed(ILogger log, Exception exception);

    [LoggerMessage(4012, LogLevel.Debug, "Upload {Upload}: appended {From} to {To} in {Milliseconds} ms")]
    public static partial void Appended(ILogger log, UploadId upload, long from, long to, double milliseconds);

    [LoggerMessage(4011, LogLevel.Warning, "Upload {Upload}: the bytes could not be freed now and will be freed later")]
    public static partial void ReclaimPutOff(ILogger log, UploadId upload, Exception exception);

    [LoggerMessage(4017, LogLevel.Warning, "A file that is not needed could not be removed; sweep-orphans will try again")]
    public static partial void DiscardPutOff(ILogger log, Exception exception);

    [LoggerMessage(4020, LogLevel.Warning, "A file in the bucket could not be deleted now and will be deleted later: {Reason}")]
    public static partial void SharedDeletePutOff(ILogger log, string reason);
}
