namespace ChunkUpload.Api.Wire;

/// <summary>
/// Writes a body that many answers share, in slices. Kestrel buffers written bytes until the client takes them, so a client that does not
/// read holds one slice and not the whole body.
/// </summary>
internal static class SlicedBody
{
    private const int Slice = 16 << 10;

    public static async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        for (var at = 0; at < bytes.Length; at += Slice)
        {
            var written =
                await context.Response.BodyWriter.WriteAsync(bytes[at..Math.Min(at + Slice, bytes.Length)], context.RequestAborted);
            if (written.IsCompleted)
                return;
        }
    }
}
