using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Tus;

/// <summary>Whether a request brings bytes, on every version of HTTP (T16).</summary>
internal static class RequestBytes
{
    /// <summary>Zero when it is known that none come, null when it is not known how many.</summary>
    public static long? Length(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } ? 0 : context.Request.ContentLength;

    /// <summary>
    /// Whether there is a first byte. Only a body of unannounced length has to be looked at for that, and not one whose client waits to be
    /// asked for it: it has bytes, or it would not wait (T65).
    /// </summary>
    public static async ValueTask<bool> AnyAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (Length(context) is { } length)
            return length > 0;
        if (context.Request.Headers[HeaderNames.Expect].Count > 0)
            return true;
        var reader = context.Request.BodyReader;
        var read = await reader.ReadAsync(cancellationToken);
        var any = !read.Buffer.IsEmpty || !read.IsCompleted;
        reader.AdvanceTo(read.Buffer.Start);
        return any;
    }
}
