using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>Wraps a request's body for the engine, and lets the engine control the socket where one lies right below the body.</summary>
internal static class RequestBody
{
    /// <param name="length">The announced length; null when the client announced none.</param>
    public static UploadBody Of(HttpContext context, long? length) =>
        new(context.Request.BodyReader, length) { ReceiveControl = AlignedReceiveBuffers.Of(context) };
}
