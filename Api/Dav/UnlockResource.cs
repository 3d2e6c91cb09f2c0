using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>UNLOCK: ends a lock.</summary>
internal static class UnlockResource
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, ["UNLOCK"], HandleAsync).RequireAuthorization(AccessPolicy.Upload).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, DavSpaces spaces, IDavLocks locks)
    {
        var (address, unknown) = await DavAddress.ReadAsync(context, spaces, change: true);
        if (address is null)
            return unknown!;
        if (context.Request.Headers["Lock-Token"] is not [{ } header] || header.Trim() is not ['<', .. var text, '>'])
            return Refusal.Of(RequestError.InvalidHeader, "Send one Lock-Token header with the token in angle brackets.");
        if (address.Name is null || LockToken.Parse(text) is not { } token)
            return DavError.NoLock();
        var (place, _, failure) = await DavPlace.FindAsync(tree, address, context.RequestAborted);
        if (failure is not null)
            return DavRefusals.Of(context, failure);
        var refused = await locks.UnlockAsync(
            address.Space, place.Parent, place.Name, token, context.Caller().Subject, context.RequestAborted);
        return refused is null ? TypedResults.NoContent()
            : refused.Error == UploadError.NoLock ? DavError.NoLock()
            : DavRefusals.Of(context, refused);
    }
}
