using ChunkUpload.Api.Hosting.Transport;

namespace ChunkUpload.Api.Hosting;

/// <summary>Maps Kestrel's exceptions while reading a body to body faults, where they mean more than a broken connection.</summary>
internal static class KestrelBodyFault
{
    /// <param name="guard">The guard of a chunked body; null for any other body.</param>
    public static BodyFault? Of(IOException exception, ChunkedBodyGuard? guard) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => BodyFault.TooSlow,
        // Kestrel uses the same exception when the client disconnects in the middle of a body. Only a chunked body has framing that can be
        // broken.
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } => guard is { EndedInBody: false }
            ? BodyFault.Malformed
            : null,
        // Too many or too long trailers. Headers that are too large are rejected before there is a body.
        BadHttpRequestException { StatusCode: StatusCodes.Status431RequestHeaderFieldsTooLarge } => BodyFault.Malformed,
        // A chunk size that overflows a 64-bit integer.
        { InnerException: OverflowException } => BodyFault.Malformed,
        _ => null,
    };
}
