using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Api.Access.Links;

/// <summary>
/// Runs after authentication: a request below /l/{token} continues only with a valid link of a kind that the endpoint accepts. Endpoints
/// for uploads also need the link's password; those for downloads check it themselves.
/// </summary>
internal sealed class LinkCheck(RequestDelegate next, LinkPassword password)
{
    private static readonly Refusal NoSuchLink =
        Refusal.Of(RequestError.NoSuchLink, "There is no such link. Compare the address with the one that you got.");

    private static readonly Refusal Ended = Refusal.Of(
        UploadError.LinkClosed,
        "This link has ended: it has expired or was revoked, or its maker may not share any more. Ask for another one.");

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<LinkRequest>() is not { } request)
            return next(context);
        if (context.User.Identity is not CallerIdentity { Caller.Grant.Link: var link })
        {
            var (refusal, status) = request.Found is null
                ? (NoSuchLink, StatusCodes.Status404NotFound)
                : (Ended, StatusCodes.Status410Gone);
            // A person gets the page, which queries what is wrong.
            return LinkPage.IsOpenedBy(context.Request) ? LinkPage.ShowAsync(context, status) : refusal.ExecuteAsync(context);
        }

        var kind = context.GetEndpoint()?.Metadata.GetMetadata<ReachedByLink>()?.Kind;
        if (kind is not null && kind != link.Kind)
            return LinkGuard.Absent.ExecuteAsync(context);
        return kind == ShareLinkKind.Upload && !password.IsGiven(context, link)
            ? LinkPassword.Locked.ExecuteAsync(context)
            : next(context);
    }
}
