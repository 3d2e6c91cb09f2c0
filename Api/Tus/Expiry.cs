using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// When uploads end (T126-T132). How long one has gone without a byte is the service's own count (E29), not the wall clock's.
/// </summary>
internal sealed class Expiry(TusOptions options, UploadOptions uploads, TimeProvider time)
{
    /// <summary>On every answer about an upload that will end by itself.</summary>
    public void Write(IHeaderDictionary headers, Upload upload)
    {
        if (options.Has(TusExtension.Expiration) && EndOf(upload) is { } end)
            headers[TusHeaders.UploadExpires] = ExpiresField.Write(end);
    }

    private DateTimeOffset? EndOf(Upload upload)
    {
        if (upload.CanExpire)
            return time.GetUtcNow() + (upload.IdleAllowance - upload.IdleFor);
        // A finished file ends only where the operator has set a keeping time (T130).
        return upload.State == UploadState.Completed ? upload.CompletedAt + uploads.KeepFinishedFor : null;
    }
}
