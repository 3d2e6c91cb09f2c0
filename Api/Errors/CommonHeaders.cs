namespace ChunkUpload.Api.Errors;

/// <summary>
/// Sets headers on every answer unless an endpoint sets them itself: no content sniffing, no shared caching, no referrer to other sites.
/// </summary>
internal sealed class CommonHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        // Set the headers when the answer starts: an error clears earlier headers, and a long upload then holds no headers meanwhile.
        context.Response.OnStarting(Write, context);
        return next(context);
    }

    private static Task Write(object state)
    {
        var headers = ((HttpContext)state).Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (headers.CacheControl.Count == 0)
            headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return Task.CompletedTask;
    }
}
