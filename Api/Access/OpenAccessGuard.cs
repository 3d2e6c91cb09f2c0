using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Access;

/// <summary>With <c>Access:Mode=Open</c>, restricts all endpoints to this machine and refuses web pages of other sites.</summary>
internal sealed class OpenAccessGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        UnauthenticatedAccessPolicy.Fault(context) is { } fault
            ? Refusal.Of(RequestError.ForbiddenOrigin, fault).ExecuteAsync(context)
            : next(context);
}
