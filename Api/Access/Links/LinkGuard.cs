using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// Answers requests below /l/{token} for endpoints that links do not reach. It runs before the pages that have no endpoint, and knows no
/// link yet: the answer does not reveal whether there is one.
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
