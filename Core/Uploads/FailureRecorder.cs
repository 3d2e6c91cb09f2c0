using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Uploads;

/// <summary>Logs, publishes and records an attempt to send bytes that failed.</summary>
public sealed class FailureRecorder(IUploadLedger uploads, UploadHub hub, TimeProvider time, ILogger<FailureRecorder> log)
{
    /// <summary>Logs that the store failed while it took bytes.</summary>
    public void LogStoreFailure(Upload upload, StoreException exception, long offset) =>
        UploadLog.StoreFailed(log, upload.Id, exception.Error.ToString(), offset, exception);

    /// <summary>The upload takes no bytes now, because it is paused or has ended.</summary>
    public async Task<bool> IsHeldAsync(UploadId upload) =>
        await uploads.GetAsync(upload, CancellationToken.None) is not { IsLive: true, State: not UploadState.Paused };

    /// <param name="offset">Where the request began.</param>
    /// <param name="kept">How many of the request's own bytes were kept; below zero counts as none.</param>
    public async Task RecordAsync(Upload upload, string kind, long offset, long bytes, long kept, DateTimeOffset startedAt)
    {
        kept = Math.Max(0, kept);
        UploadLog.Broke(log, upload.Id, kind, offset, bytes, kept);
        var now = time.GetUtcNow();
        var failed = new FailedAttempt(now, kind, offset, bytes, kept, now - startedAt);
        if (upload.RelayOf is null)
            hub.Publish(new RetryNotice(upload.Id, upload.Tenant, upload.Subject, failed));
        await uploads.RecordFailureAsync(upload.Id, failed, CancellationToken.None);
    }
}
