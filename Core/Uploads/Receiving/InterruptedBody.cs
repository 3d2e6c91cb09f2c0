using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads.Receiving;

/// <summary>
/// Maps the early end of a body to its error, and the error to the beginning of the sentence that the client gets. The protocol adds how
/// many bytes were kept.
/// </summary>
public static class InterruptedBody
{
    /// <param name="kept">How many bytes are kept, counted as the protocol does.</param>
    /// <param name="of">What the bytes are of.</param>
    internal static UploadFailure ToFailure(this BodyEnd end, Upload upload, long kept, string of = "")
    {
        if (end == BodyEnd.NoSpace)
            return StoreRefusals.Of(StoreError.NoSpace, upload) with { Offset = kept };
        var error = end switch
        {
            BodyEnd.TooLong => UploadError.BeyondSize,
            BodyEnd.OverDay => UploadError.QuotaExceeded,
            BodyEnd.Idle => UploadError.IdleTimeout,
            BodyEnd.TakenOver => UploadError.TakenOver,
            BodyEnd.Stopping => UploadError.Stopping,
            BodyEnd.Malformed => UploadError.MalformedBody,
            _ => UploadError.Interrupted,
        };
        var reason = error switch
        {
            UploadError.BeyondSize => "The body has more bytes than the upload allows",
            UploadError.QuotaExceeded => "The bytes of the day are used up: continue tomorrow (UTC), or ask for a higher limit",
            _ => Reason(error),
        };
        return new UploadFailure(error, $"{reason}; {kept} bytes{of} are kept.") { Upload = upload, Offset = kept };
    }

    /// <summary>Null for an error that is not the early end of a body.</summary>
    public static string? Reason(UploadError error) => error switch
    {
        UploadError.IdleTimeout => "No byte arrived for too long",
        UploadError.TakenOver => "A newer request took over",
        UploadError.Stopping => "The service is stopping",
        UploadError.MalformedBody => "The body's framing is broken",
        UploadError.Interrupted => "The request was interrupted",
        _ => null,
    };
}
