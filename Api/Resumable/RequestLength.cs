using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Resumable;

/// <summary>How many bytes a request brings: zero when it is known that none come, null when it is not known.</summary>
internal static class RequestLength
{
    public static long? Of(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } ? 0 : context.Request.ContentLength;
}
