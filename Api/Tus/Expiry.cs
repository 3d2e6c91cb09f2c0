using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>When uploads end (T126-T132). How long one has gone without a byte is the service's own count (E29), not the wall clock's.</summary>
internal sealed class Expiry(TusOptions options, UploadOptions uploads, TimeProvider time)
{
    /// <summary>Over by the count, whether or not the purge has come by (T129).</summary>
    public static bool IsOver(Upload upload) => EndsByItself(upload) && upload.IdleFor >= upload.IdleAllowance;

    /// <summary>On every answer about an upload that will end by itself.</summary>
    public void Write(IHeaderDictionary headers, Upload upload)
    {
        if (options.Has(TusExtension.Expiration) && EndOf(upload) is { } end)
            headers[TusHeaders.UploadExpires] = ExpiresField.Write(end);
    }

    private DateTimeOffset? EndOf(Upload upload)
    {
        if (EndsByItself(upload))
            return time.GetUtcNow() + (upload.IdleAllowance - upload.IdleFor);
        // A finished file ends only where the operator has set a keeping time (T130).
        return upload.State == UploadState.Completed ? upload.CompletedAt + uploads.KeepFinishedFor : null;
    }

    // A finished part is kept for being joined, not as a file.
    private static bool EndsByItself(Upload upload) =>
        upload.State is UploadState.Open or UploadState.Paused || (upload.State == UploadState.Completed && upload.IsPart);
}
