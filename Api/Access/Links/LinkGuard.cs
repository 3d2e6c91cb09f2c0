using ChunkUpload.Api.Cors;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Uploads;

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

/// <summary>
/// Runs after authentication: a request below /l/{token} goes on only with a valid link of the kind that the endpoint has.
/// </summary>
internal sealed class LinkCheck(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<LinkRequest>() is not { } request)
            return next(context);
        if (context.User.Identity is not CallerIdentity { Caller.Grant.Link: var link })
        {
            return (request.Found is null
                ? Refusal.Of(RequestError.NoSuchLink, "There is no such link. Compare the address with the one that you got.")
                : Refusal.Of(
                    UploadError.LinkClosed,
                    "This link has ended: it has expired or was revoked, or its maker may not share any more. Ask for another one."))
                .ExecuteAsync(context);
        }

        var kind = context.GetEndpoint()?.Metadata.GetMetadata<ReachedByLink>()?.Kind;
        return kind is null || kind == link.Kind ? next(context) : LinkGuard.Absent.ExecuteAsync(context);
    }
}
