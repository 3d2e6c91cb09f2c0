namespace ChunkUpload.Core.Uploads;

/// <summary>
/// Maps the early end of a body to its error, and the error to the beginning of the sentence that the client gets. The protocol adds how
/// many bytes were kept.
/// </summary>
public static class InterruptedBody
{
    internal static (UploadError Error, string Reason) Of(BodyEnd end)
    {
        if (end == BodyEnd.OverDay)
            return (UploadError.QuotaExceeded, "The bytes of the day are used up: continue tomorrow (UTC), or ask for a higher limit");
        var error = end switch
        {
            BodyEnd.Idle => UploadError.IdleTimeout,
            BodyEnd.TakenOver => UploadError.TakenOver,
            BodyEnd.Stopping => UploadError.Stopping,
            BodyEnd.Malformed => UploadError.MalformedBody,
            _ => UploadError.Interrupted,
        };
        return (error, Reason(error)!);
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
