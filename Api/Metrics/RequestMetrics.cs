using System.Diagnostics;

namespace ChunkUpload.Api.Metrics;

/// <summary>
/// Measures every request and names it in traces. Uses the route's template instead of the path, so that ids and names do not create
/// series.
/// </summary>
internal static class RequestMetrics
{
    private static readonly string[] Methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"];

    public static void Ended(ApiMeter meter, HttpContext context, TimeSpan took)
    {
        var method = Array.IndexOf(Methods, context.Request.Method) >= 0 ? context.Request.Method : "other";
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
        meter.Ended(method, route, context.Response.StatusCode, took);
        Describe(Activity.Current, method, route, context.Response.StatusCode);
    }

    // Enriches the framework's activity, without the path, which contains names.
    private static void Describe(Activity? activity, string method, string route, int status)
    {
        if (activity is not { IsAllDataRequested: true })
            return;
        activity.DisplayName = $"{method} {route}";
        activity.SetTag("http.request.method", method);
        activity.SetTag("http.route", route);
        activity.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
            activity.SetStatus(ActivityStatusCode.Error);
    }
}
