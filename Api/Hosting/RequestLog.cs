using ChunkUpload.Api.Statistics;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Connections;
using Serilog.Context;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Around everything else: the request's id, its time, and one line when it has ended. The route's template stands for the path and the query is left out, so a line
/// holds no name, key or token. What escapes every other handler ends here: a hang-up is Debug, a request that Kestrel
/// finds malformed is its 4xx, anything else is logged as our fault and answered with 500.
/// </summary>
internal sealed class RequestLog(RequestDelegate next, ILogger<RequestLog> logger, ApiMeter meter, TimeProvider time)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        using var id = LogContext.PushProperty(RequestId.Property, RequestId.Give(context));
        var began = time.GetTimestamp();
        meter.Begun();
        var bodyIn = CountingRequestBody.Install(context);
        var bodyOut = CountingResponseBody.Install(context);
        var hungUp = false;
        try
        {
            await next(context);
            hungUp = context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted;
        }
        catch (Exception e)
        {
            hungUp = IsHangUp(context, e);
            Settle(context, e, hungUp);
        }

        bodyIn.End();
        var took = time.GetElapsedTime(began);
        RequestMetrics.Ended(meter, context, took);
        var status = hungUp ? ClientClosedRequest : context.Response.StatusCode;
        var level = LevelOf(context, status);
        if (!logger.IsEnabled(level))
            return;
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
        var milliseconds = (long)took.TotalMilliseconds;
        var subject = context.Features.Get<Caller>()?.Subject ?? "-";
        HostingLog.Request(logger, level, context.Request.Method, route, status, milliseconds, bodyIn.Count, bodyOut.Count, subject);
    }

    private void Settle(HttpContext context, Exception exception, bool hungUp)
    {
        if (hungUp)
        {
            HostingLog.ClientHungUp(logger, exception);
            return;
        }

        var malformed = exception as BadHttpRequestException;
        if (malformed is null)
            HostingLog.RequestFailed(logger, exception);
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return;
        }

        context.Response.StatusCode = malformed?.StatusCode ?? StatusCodes.Status500InternalServerError;
    }

    private static bool IsHangUp(HttpContext context, Exception exception) =>
        context.RequestAborted.IsCancellationRequested
        || exception is ConnectionResetException or ConnectionAbortedException;

    // Probes and scrapes come every few seconds and say nothing while they succeed. Only a 500 is a bug; 503 and 507 tell of a
    // database, a disk or a stop that has lines of its own.
    private static LogLevel LevelOf(HttpContext context, int status) => status switch
    {
        StatusCodes.Status500InternalServerError => LogLevel.Error,
        > StatusCodes.Status500InternalServerError => LogLevel.Warning,
        _ when context.GetEndpoint()?.Metadata.GetMetadata<QuietRequest>() is not null => LogLevel.Debug,
        _ => LogLevel.Information,
    };
}

/// <summary>Endpoint metadata: this endpoint's requests are logged at Debug while they succeed.</summary>
internal sealed class QuietRequest;
