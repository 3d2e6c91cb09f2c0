using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Access;

/// <summary>
/// With <c>Access:Mode=Open</c>, in front of every endpoint: only this machine is served, and no web page of another site.
/// </summary>
internal sealed class OpenAccessGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        UnauthenticatedAccessPolicy.Fault(context) is { } fault
            ? Refusal.Of(RequestError.ForbiddenOrigin, fault).ExecuteAsync(context)
            : next(context);
}
