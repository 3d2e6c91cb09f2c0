using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Errors;

/// <summary>
/// Sets headers on every answer unless an endpoint sets them itself: no content sniffing, no shared caching, no referrer to other sites,
/// and no plain http to a service with a certificate of its operator.
/// </summary>
internal sealed class CommonHeaders(RequestDelegate next, HostingOptions options)
{
    public Task InvokeAsync(HttpContext context)
    {
        // Set the headers when the answer starts: an error clears earlier headers, and a long upload then needs no memory for headers.
        context.Response.OnStarting(Write, context);
        // With this header, browsers do not allow exceptions for a self-signed certificate.
        if (options.CertificateFile is not null && context.Request.IsHttps)
            context.Response.OnStarting(WriteTransport, context);
        return next(context);
    }

    private static Task WriteTransport(object state)
    {
        ((HttpContext)state).Response.Headers.StrictTransportSecurity = "max-age=31536000";
        return Task.CompletedTask;
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
