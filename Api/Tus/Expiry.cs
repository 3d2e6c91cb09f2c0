using ChunkUpload.Api.Tus.Wire;

namespace ChunkUpload.Api.Tus;

/// <summary>Computes when uploads expire (T126-T132). The service counts idle time itself (E29) and does not use the wall clock.</summary>
internal sealed class Expiry(TusOptions options, UploadOptions uploads, TimeProvider time)
{
    /// <summary>Writes the header on every answer about an upload that will expire.</summary>
    public void Write(IHeaderDictionary headers, Upload upload)
    {
        if (options.Has(TusExtension.Expiration) && EndOf(upload) is { } end)
            headers[TusHeaders.UploadExpires] = ExpiresField.Write(end);
    }

    private DateTimeOffset? EndOf(Upload upload)
    {
        if (upload.CanExpire)
            return time.GetUtcNow() + (upload.IdleAllowance - upload.IdleFor);
        // A finished file expires only if the operator has set a retention time (T130).
        return upload.KeptUntil(uploads.KeepFinishedFor);
    }
}
