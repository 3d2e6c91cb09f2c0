using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Hosting;

/// <summary>What Kestrel's exceptions say of a body, where they say more than that it has ended.</summary>
internal static class ServerFault
{
    /// <param name="guard">Of a chunked body; null for any other.</param>
    public static BodyFault? Of(IOException exception, ChunkedBodyGuard? guard) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => BodyFault.TooSlow,
        // Kestrel has the same type and status for a client that has gone in the middle of a body. Only chunks have a framing that can be
        // broken.
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } => guard is { BrokeOff: false }
            ? BodyFault.Malformed
            : null,
        // Trailers, too many or too long; headers are refused before there is a body.
        BadHttpRequestException { StatusCode: StatusCodes.Status431RequestHeaderFieldsTooLarge } => BodyFault.Malformed,
        // The length of a chunk that is no number of this machine.
        { InnerException: OverflowException } => BodyFault.Malformed,
        _ => null,
    };
}
