using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Handles OPTIONS /uploads and /uploads/{id}: announces resumable uploads and their limits, also to clients without a key (R20).
/// </summary>
internal static class DescribeLimits
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(ResumableRoutes.Root, [HttpMethods.Options], Handle).Document(Doc(nameof(DescribeLimits))).AllowAnonymous()
            .ReachedByLink(ShareLinkKind.Upload);
        routes.MapMethods(ResumableRoutes.Upload, [HttpMethods.Options], Handle)
            .Document(Doc("DescribeLimitsOfUpload")).AllowAnonymous()
            .ReachedByLink(ShareLinkKind.Upload);
    }

    public static void Write(IHeaderDictionary headers, Dialect dialect, LimitHeader limits)
    {
        limits.Write(headers, dialect, null, null);
        // Version 8 requires it, and other clients ignore it (R22).
        headers[ResumableHeaders.AcceptPatch] = ResumableHeaders.PartialUpload;
    }

    // 200 and not 204, because some clients interpret any other status as "cannot be resumed" (R20).
    private static StatusCodeHttpResult Handle(HttpContext context, LimitHeader limits)
    {
        if (context.Features.Get<Caller>() is { } caller)
            limits.Write(context.Response.Headers, ResumableRequest.Of(context).Named ?? Dialect.Unnamed, null, caller);
        return TypedResults.StatusCode(StatusCodes.Status200OK);
    }

    private static EndpointDoc Doc(string name) => new(
        ResumableRoutes.Tag, name, "Show the limits of resumable uploads", "Needs no key.")
    {
        Headers = [ResumableRoutes.Version],
        Answers =
        [
            new(200, "In the headers.")
            {
                Headers =
                [
                    new(ResumableHeaders.UploadLimit, "The limits.", "max-size=1099511627776, min-size=0, max-age=86400"),
                    new(ResumableHeaders.AcceptPatch, "The content type of PATCH.", ResumableHeaders.PartialUpload),
                ],
            },
        ],
    };
}
