using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// Rejects requests below /l/{token} for endpoints that links cannot use. It runs before the pages without an endpoint, and does not look
/// up the link, so the response does not reveal whether it exists.
/// </summary>
internal sealed class LinkGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.Features.Get<LinkRequest>() is null || Preflight.Is(context.Request)
            || context.GetEndpoint()?.Metadata.GetMetadata<ReachedByLink>() is not null
            ? next(context)
            : Absent.ExecuteAsync(context);

    public static Refusal Absent { get; } =
        Refusal.Of(RequestError.NoSuchRoute, "There is nothing at this address.");
}
