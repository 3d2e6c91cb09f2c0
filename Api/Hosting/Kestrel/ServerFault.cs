using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Hosting;

/// <summary>What Kestrel's exceptions say of a body, where they say more than that it has ended.</summary>
internal static class ServerFault
{
    // Kestrel has the same type and status for a client that has gone in the middle of a body.
    private const string Gone = "Unexpected end of request content.";

    public static BodyFault? Of(IOException exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => BodyFault.TooSlow,
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest, Message: not Gone } => BodyFault.Malformed,
        // Trailers, too many or too long; headers are refused before there is a body.
        BadHttpRequestException { StatusCode: StatusCodes.Status431RequestHeaderFieldsTooLarge } => BodyFault.Malformed,
        // The length of a chunk that is no number of this machine.
        { InnerException: OverflowException } => BodyFault.Malformed,
        _ => null,
    };
}
