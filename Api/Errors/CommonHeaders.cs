namespace ChunkUpload.Api.Errors;

/// <summary>
/// What every answer carries unless an endpoint knows better: nothing is guessed, kept by others, or told to other sites.
/// </summary>
internal sealed class CommonHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        // At the last moment: a failure clears what was set before, and a body that takes long keeps no headers of its answer meanwhile.
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
