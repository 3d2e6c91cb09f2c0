namespace ChunkUpload.Api.Errors;

/// <summary>What every answer carries unless an endpoint knows better: nothing is guessed, kept by others, or told to other sites.</summary>
internal sealed class CommonHeaders(RequestDelegate next)
{
    public static void Write(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    public Task InvokeAsync(HttpContext context)
    {
        Write(context.Response.Headers);
        return next(context);
    }
}
