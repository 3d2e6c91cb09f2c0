namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Wraps the body of an HTTP request for the engine. If the body's bytes are exactly those of the socket, the engine also controls how the
/// socket receives them.
/// </summary>
internal static class RequestBody
{
    /// <param name="length">The announced length; null when the client announced none.</param>
    public static UploadBody Of(HttpContext context, long? length) =>
        new(context.Request.BodyReader, length) { ReceiveControl = AlignedReceiveBuffers.Of(context) };
}
