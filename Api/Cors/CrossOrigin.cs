using ChunkUpload.Api.Access;
using ChunkUpload.Api.Dav;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Cors;

/// <summary>
/// Adds CORS headers to every response, including errors (T163), because a page that cannot read an error would report a network failure.
/// 1. Caches must separate origins. 2. Check the origin. 3. Set the headers when the answer starts, because an error clears earlier ones.
/// <see cref="PreflightAnswer"/> answers preflights.
/// </summary>
internal sealed class CrossOrigin
{
    // Browsers cap it at two hours to a day.
    private const string MaxAge = "86400";

    private readonly RequestDelegate _next;
    private readonly CorsOptions _options;
    private readonly CorsOrigins _origins;
    private readonly bool _open;
    private readonly string _allowed;
    private readonly string _methods = string.Join(", ", CorsHeaders.Methods);
    private readonly string _exposed = string.Join(", ", CorsHeaders.Exposed);

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
        // Pages do not use WebDAV.
        if (_origins.IsEmpty || DavRoutes.Has(context.Request))
            return _next(context);

        // 1. Caches must separate origins.
        var headers = context.Request.Headers;
        if (headers.Origin.Count == 0)
        {
            Vary(context.Response.Headers, HeaderNames.Origin);
            return _next(context);
        }

        // 2. Without a key, only origins that may use the service at all are allowed.
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
