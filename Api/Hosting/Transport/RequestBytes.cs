using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>Finds out whether a request has a body with bytes, on every version of HTTP (T16).</summary>
internal static class RequestBytes
{
    /// <summary>The number of bytes: zero when the request has no body, null when it is unknown.</summary>
    public static long? Length(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } ? 0 : context.Request.ContentLength;

    /// <summary>
    /// Returns whether the body has at least one byte. Only a body of unknown length must be read for this. A client that waits for 100
    /// Continue has bytes (T65). If no byte arrives in time, the body is assumed to have bytes: the receiver then waits as long as
    /// permitted, and the client gets the address (T102). A refusal would not contain the address, and the client would treat it as final
    /// (T63).
    /// </summary>
    /// <param name="timeout">How long to wait for the first byte.</param>
    public static async ValueTask<bool> AnyAsync(
        HttpContext context, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Length(context) is { } length)
            return length > 0;
        if (context.Request.Headers[HeaderNames.Expect].Count > 0)
            return true;
        var reader = context.Request.BodyReader;
        await using var enough = time.CreateTimer(_ => UploadBody.CancelRead(reader), null, timeout, Timeout.InfiniteTimeSpan);
        try
        {
            var read = await reader.ReadAsync(cancellationToken);
            var any = !read.Buffer.IsEmpty || !read.IsCompleted;
            reader.AdvanceTo(read.Buffer.Start);
            return any;
        }
        catch (BodyFaultException fault) when (fault.Fault == BodyFault.TooSlow)
        {
            return true;
        }
    }
}
