using ChunkUpload.Api.Statistics;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Connections;
using Serilog.Context;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// The outermost middleware: gives the request its id, measures it, and logs one line at its end. The line has the route's template in
/// place of the path and no query, so it holds no name, key or token. Exceptions that no other middleware handled end here: a disconnect is
/// logged at Debug, a request that Kestrel finds malformed gets Kestrel's 4xx, and any other is logged as an error and answered with 500.
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
        var disconnected = false;
        try
        {
            await next(context);
            disconnected = context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted;
        }
        catch (Exception e)
        {
            disconnected = IsDisconnect(context, e);
            HandleException(context, e, disconnected);
        }

        bodyIn.End();
        var took = time.GetElapsedTime(began);
        RequestMetrics.Ended(meter, context, took);
        var status = disconnected ? ClientClosedRequest : context.Response.StatusCode;
        var level = LevelOf(context, status);
        if (!logger.IsEnabled(level))
            return;
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
        var milliseconds = (long)took.TotalMilliseconds;
        var subject = context.Features.Get<Caller>()?.Subject ?? "-";
        HostingLog.Request(logger, level, context.Request.Method, route, status, milliseconds, bodyIn.Count, bodyOut.Count, subject);
    }

    private void HandleException(HttpContext context, Exception exception, bool disconnected)
    {
        if (disconnected)
        {
            HostingLog.ClientDisconnected(logger, exception);
            return;
        }

        var malformed = exception as BadHttpRequestException;
        if (malformed is null)
            HostingLog.RequestFailed(logger, exception);
        if (context.Response.HasStarted)
        {
            // Abort: the client must not take half an answer for a whole one.
            context.Abort();
            return;
        }

        context.Response.StatusCode = malformed?.StatusCode ?? StatusCodes.Status500InternalServerError;
    }

    private static bool IsDisconnect(HttpContext context, Exception exception) =>
        context.RequestAborted.IsCancellationRequested
        || exception is ConnectionResetException or ConnectionAbortedException;

    // Successful probes and scrapes come every few seconds and say nothing new. Only a 500 is a bug: 503 and 507 report a database, a disk
    // or a stop that logs lines of its own.
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
