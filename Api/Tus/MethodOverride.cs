using ChunkUpload.Api.Tus.Wire;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// Replaces the method before routing, so that the gate, the log and the metrics see the intended method (T9). Only POST can be replaced: a
/// method that a proxy considers safe must not become another one behind it.
/// </summary>
internal sealed class MethodOverride(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsPost(request.Method)
            && request.Path.StartsWithSegments(TusRoutes.Root, StringComparison.OrdinalIgnoreCase)
            && MethodOverrideField.Read(request.Headers[TusHeaders.MethodOverride]) is { } method)
        {
            request.Method = method;
        }

        return next(context);
    }
}
