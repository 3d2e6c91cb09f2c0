using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting;

/// <summary>Replaces the address of a request by one without its secret, before anything logs, counts or routes it.</summary>
internal static class RequestTarget
{
    private const string TracedPath = "url.path";

    /// <param name="path">The decoded path.</param>
    /// <param name="target">The target in the form of a request line, with the query.</param>
    public static void Change(HttpContext context, string path, string target)
    {
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        // The path is already decoded; assigning a string would decode it again.
        context.Request.Path = new PathString(path);
        // The trace of the request has started with the original address.
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { } trace && trace.GetTagItem(TracedPath) is not null)
            trace.SetTag(TracedPath, path);
    }
}
