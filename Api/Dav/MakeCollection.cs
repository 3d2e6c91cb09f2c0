using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Tree;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Dav;

/// <summary>MKCOL: makes a folder.</summary>
internal static class MakeCollection
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, ["MKCOL"], HandleAsync).RequireAuthorization(AccessPolicy.Upload).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, DavSpaces spaces, DavGuards guards)
    {
        var (address, refusal) = await DavAddress.ReadAsync(context, spaces, change: true);
        if (address is null)
            return refusal!;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true } && context.Request.ContentLength != 0)
            return Refusal.Of(RequestError.MediaTypeNotSupported, "MKCOL takes no body here.");
        var taken = new UploadFailure(UploadError.NameTaken, "There is something at this address already.");
        if (address.IsRoot)
            return DavRefusals.Of(context, taken);
        var free = await tree.PlaceAsync(address.Space, address.Path, parents: false, context.RequestAborted);
        if (!free.Ok)
            return DavRefusals.Of(context, free.Failure);
        if (free.Value.Existing is not null)
            return DavRefusals.Of(context, taken);
        var (guard, refused) = await guards.ReadAsync(context, address);
        if (guard is null)
            return refused!;
        var made = await tree.MakeFolderAsync(
            context.Caller(), free.Value.Place with { Guard = guard }, NameConflict.Fail, null, null, context.RequestAborted);
        return made.Ok ? TypedResults.StatusCode(StatusCodes.Status201Created) : DavRefusals.Of(context, made.Failure);
    }
}
