using ChunkUpload.Core.Uploads;
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
    /// asked for it: it has bytes, or it would not wait (T65). So has one that does not come: whoever receives it waits as long as is due,
    /// and its client then learns the address (T102), which it could not from a refusal that it takes for final (T63).
    /// </summary>
    /// <param name="patience">For how long to look.</param>
    public static async ValueTask<bool> AnyAsync(
        HttpContext context, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Length(context) is { } length)
            return length > 0;
        if (context.Request.Headers[HeaderNames.Expect].Count > 0)
            return true;
        var reader = context.Request.BodyReader;
        await using var enough = time.CreateTimer(_ => UploadBody.CancelRead(reader), null, patience, Timeout.InfiniteTimeSpan);
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
