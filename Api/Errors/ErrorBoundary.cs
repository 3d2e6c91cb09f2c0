using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Errors;

/// <summary>
/// Converts exceptions and error responses without a body to problem+json. No client mistake becomes a 500; an unexpected exception is
/// logged, and the client gets no details. The request log handles answers that have started and clients that have disconnected.
/// </summary>
internal sealed class ErrorBoundary(RequestDelegate next, StoppingSignal stopping, TimeProvider time, ILogger<ErrorBoundary> log)
{
    private readonly PersistentFaults _persistentFaults = new(time);

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            if (RefuseAtOnce(context) is { } refusal)
            {
                await refusal.ExecuteAsync(context);
            }
            else
            {
                await next(context);
                var response = context.Response;
                if (!response.HasStarted && response.StatusCode >= 400 && response.ContentType is null && response.ContentLength is null
                    && !response.Headers.ContainsKey(Refusal.CodeHeader))
                {
                    await OfStatus(context, response.StatusCode).ExecuteAsync(context);
                }
            }
        }
        catch (Exception e) when (!IsClientGone(context, e) && !context.Response.HasStarted)
        {
            var refusal = Map(e, context);
            context.Response.Clear();
            await refusal.ExecuteAsync(context);
        }
        await RefusedBody.LingerAsync(context, time, stopping.Token);
    }

    private static Refusal? RefuseAtOnce(HttpContext context)
    {
        if (RawName.HasDotSegment(context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? ""))
            return Refusal.Of(RequestError.InvalidPath, "The address contains a \".\" or \"..\" part; send it without.");

        // Other codings would be stored without decoding. With two codings, or in a protocol without transfer codings, a proxy may see the
        // body end elsewhere (request smuggling).
        var codings = context.Request.Headers.TransferEncoding;
        if (codings.Count == 0 || IsChunkedOnce(codings, context.Request.Protocol))
            return null;
        context.Response.Headers.Connection = "close";
        return Refusal.Of(RequestError.BadRequest, "The only transfer coding that the service takes is chunked, once, in HTTP/1.1.");
    }

    private static bool IsChunkedOnce(StringValues codings, string protocol) =>
        codings.Count == 1 && HttpProtocol.IsHttp11(protocol)
            && string.Equals(codings[0]?.Trim(), "chunked", StringComparison.OrdinalIgnoreCase);

    // The client has disconnected; the request log records that.
    private static bool IsClientGone(HttpContext context, Exception e) =>
        (context.RequestAborted.IsCancellationRequested && (e is OperationCanceledException or IOException))
        || e is ConnectionResetException or ConnectionAbortedException;

    private Refusal Map(Exception e, HttpContext context)
    {
        switch (e)
        {
            case BadHttpRequestException bad:
                ErrorLog.BadRequest(log, bad.Message);
                return OfStatus(context, bad.StatusCode);
            case BodyFaultException fault:
                ErrorLog.BadRequest(log, fault.Message);
                return OfStatus(
                    context, fault.Fault == BodyFault.TooSlow ? StatusCodes.Status408RequestTimeout : StatusCodes.Status400BadRequest);
            case LedgerBusyException busy:
                ErrorLog.LedgerBusy(log, context.Request.Method, RouteOf(context), busy.Message);
                return Refusal.Of(new RequestFailure(RequestError.Overloaded, busy.Message) { RetryAfter = busy.After });
            case LedgerUnavailableException ledger:
                ErrorLog.LedgerUnavailable(log, e);
                return Refusal.Of(UploadRefusals.Of(ledger));
            case IssuerUnavailableException:
                ErrorLog.IssuerUnavailable(log, e);
                return Refusal.Of(
                    RequestError.IssuerUnavailable, "The keys of the token's issuer cannot be read now; try again in a moment.");
            case StoreException store:
                ErrorLog.StorageFailed(log, e);
                return Refusal.Of(OfStore(store.Error),
                    "The storage failed at this request. Acknowledged bytes are safe; try again later.");
            default:
                ErrorLog.Failed(log, e, context.Request.Method, RouteOf(context));
                if (HttpMethods.IsHead(context.Request.Method) && context.Features.Get<ErrorProtocol>() is { } protocol)
                    protocol.IsPersistent = _persistentFaults.IsPersistent(context.Request.Path);
                return Refusal.Of(RequestError.InternalError,
                    "The service failed unexpectedly. Its log has the reason under this request id.");
        }
    }

    private static string RouteOf(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";

    private static UploadError OfStore(StoreError error) => error switch
    {
        StoreError.NoSpace => UploadError.NoSpace,
        StoreError.Degraded => UploadError.StoreDegraded,
        StoreError.Unreachable => UploadError.Elsewhere,
        _ => UploadError.StorageFailed,
    };

    private static Refusal OfStatus(HttpContext context, int status) => status switch
    {
        401 => Refusal.NoKey,
        403 => Refusal.Of(RequestError.NotPermitted, "This request is not permitted."),
        404 => Refusal.Of(RequestError.NoSuchRoute,
            "There is nothing at this address; /swagger lists what there is." + FormUpload.Hint(context.Request)),
        405 => Refusal.Of(RequestError.MethodNotAllowed,
            Allowed(context.Response.Headers.Allow.ToString()) + FormUpload.Hint(context.Request)),
        408 => Refusal.Of(RequestError.RequestTimeout, "The body arrived too slowly; send it again."),
        413 => Refusal.Of(RequestError.BodyTooLarge, "The body is larger than this call takes; send a smaller one."),
        414 => Refusal.Of(RequestError.UriTooLong, "The address is too long; shorten it."),
        415 => Refusal.Of(RequestError.MediaTypeNotSupported,
            "This call does not take this content type." + FormUpload.Hint(context.Request)),
        431 => Refusal.Of(RequestError.HeadersTooLarge, "The headers are too large; Host:RequestHeadersSize is the limit."),
        >= 500 => Refusal.Of(RequestError.InternalError, "The service failed unexpectedly. Its log has the reason under this request id."),
        _ => Refusal.Of(RequestError.BadRequest,
            "The request cannot be carried out: a part of it is malformed or missing, or names what does not exist."),
    };

    private static string Allowed(string methods)
    {
        if (methods.Length == 0)
            return "This address does not take this method.";
        var last = methods.LastIndexOf(", ", StringComparison.Ordinal);
        return last < 0
            ? $"This address takes only {methods}."
            : $"This address takes only {methods[..last]} and {methods[(last + 2)..]}.";
    }
}
