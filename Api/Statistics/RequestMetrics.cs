using System.Diagnostics;

namespace ChunkUpload.Api.Statistics;

/// <summary>
/// Times every request, and names it in traces. The route's template stands for the path, so that ids and names do not become series.
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

    // The framework's own activity says only that there was a request. No path: it holds names.
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
