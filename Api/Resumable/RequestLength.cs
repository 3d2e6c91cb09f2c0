using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Resumable;

/// <summary>The number of bytes in a request: zero when it has no body, null when it is unknown.</summary>
internal static class RequestLength
{
    public static long? Of(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } ? 0 : context.Request.ContentLength;
}
