using ChunkUpload.Api.Metrics;
using Microsoft.AspNetCore.Connections;

namespace ChunkUpload.Api.Hosting;

/// <summary>The outcome of a request, set at its end.</summary>
/// <param name="Status">499 when the client disconnected before the answer.</param>
internal sealed record RequestOutcome(int Status, long BytesIn, long BytesOut);

/// <summary>
/// Measures the request and gives <see cref="RequestLog"/> its outcome. Exceptions that no other middleware handled end here: a
/// disconnect is logged at Debug, a request that Kestrel finds malformed gets Kestrel's 4xx, and any other is logged as an error and
/// answered with 500.
/// </summary>
internal sealed class RequestEnd(RequestDelegate next, ILogger<RequestEnd> logger, ApiMeter meter, TimeProvider time)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
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
        RequestMetrics.Ended(meter, context, time.GetElapsedTime(began));
        var status = disconnected ? ClientClosedRequest : context.Response.StatusCode;
        context.Features.Set(new RequestOutcome(status, bodyIn.Count, bodyOut.Count));
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
            // Abort, so that the client does not interpret a partial response as complete.
            context.Abort();
            return;
        }

        context.Response.StatusCode = malformed?.StatusCode ?? StatusCodes.Status500InternalServerError;
    }

    private static bool IsDisconnect(HttpContext context, Exception exception) =>
        context.RequestAborted.IsCancellationRequested
        || exception is ConnectionResetException or ConnectionAbortedException;
}
