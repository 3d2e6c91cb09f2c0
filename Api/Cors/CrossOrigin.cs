using ChunkUpload.Api.Access;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Cors;

/// <summary>
/// In front of everything that answers: a page gets to see every answer or none, errors too (T163), or it would take a conflict for a lost
/// network. 1. caches keep answers of different origins apart; 2. whether this origin may; 3. what it may, at the last moment, because a
/// failure clears what was set before. <see cref="PreflightAnswer"/> answers the preflight itself.
/// </summary>
internal sealed class CrossOrigin
{
    private readonly RequestDelegate _next;
    private readonly CorsOptions _options;
    private readonly CorsOrigins _origins;
    private readonly bool _open;
    private readonly string _allowed;
    private readonly string _methods = string.Join(", ", CorsHeaders.Methods);
    private readonly string _exposed = string.Join(", ", CorsHeaders.Exposed);
    // Browsers have limits of their own, two hours to a day.
    private const string MaxAge = "86400";


    public CrossOrigin(RequestDelegate next, CorsOptions options, AccessOptions access)
    {
        _next = next;
        _options = options;
        _origins = new CorsOrigins(options.Origins);
        _open = access.Mode == AccessMode.Open;
        _allowed = string.Join(", ", CorsHeaders.Allowed.Concat(options.AllowHeaders));
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (_origins.IsEmpty)
            return _next(context);

        // 1.
        var headers = context.Request.Headers;
        if (headers.Origin.Count == 0)
        {
            Vary(context.Response.Headers, HeaderNames.Origin);
            return _next(context);
        }

        // 2. A service without a key lets in only who may come in at all.
        var allowed = headers.Origin is [{ Length: > 0 } origin] && _origins.Allows(origin)
            && !(_open && UnauthenticatedAccessPolicy.Fault(context) is not null);
        var preflight = Preflight.Is(context.Request);
        if (preflight)
            context.Features.Set(new Preflight(allowed));

        // 3.
        context.Response.OnStarting(() =>
        {
            if (preflight)
                WritePreflight(context.Request.Headers, context.Response.Headers, allowed);
            else
                Write(context.Request.Headers, context.Response.Headers, allowed);
            return Task.CompletedTask;
        });
        return _next(context);
    }

    private void Write(IHeaderDictionary request, IHeaderDictionary response, bool allowed)
    {
        Vary(response, HeaderNames.Origin);
        if (!allowed)
            return;
        WriteOrigin(request, response);
        response.AccessControlExposeHeaders = _exposed;
    }

    private void WritePreflight(IHeaderDictionary request, IHeaderDictionary response, bool allowed)
    {
        Vary(response, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
        if (!allowed)
            return;
        WriteOrigin(request, response);
        response.AccessControlAllowMethods = _methods;
        response.AccessControlAllowHeaders = _allowed;
        response.AccessControlMaxAge = MaxAge;
    }

    private void WriteOrigin(IHeaderDictionary request, IHeaderDictionary response)
    {
        response.AccessControlAllowOrigin = _origins.AllowsAny ? (StringValues)CorsOrigins.Any : request.Origin;
        if (_options.Credentials)
            response.AccessControlAllowCredentials = "true";
    }

    private static void Vary(IHeaderDictionary response, string names) => response.Vary = StringValues.Concat(response.Vary, names);
}
