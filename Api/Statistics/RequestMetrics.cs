namespace ChunkUpload.Api.Statistics;

/// <summary>Times every request. The route's template stands for the path, so that ids and names do not become series.</summary>
internal sealed class RequestMetrics(RequestDelegate next, ApiMeter meter, TimeProvider time)
{
    private static readonly string[] Methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"];

    public async Task InvokeAsync(HttpContext context)
    {
        var began = time.GetTimestamp();
        meter.Begun();
        try
        {
            await next(context);
        }
        finally
        {
            var method = Array.IndexOf(Methods, context.Request.Method) >= 0 ? context.Request.Method : "other";
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
            meter.Ended(method, route, context.Response.StatusCode, time.GetElapsedTime(began));
        }
    }
}
