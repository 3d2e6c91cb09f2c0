using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// MOVE: moves or renames an entry. A file that replaces a file becomes a new version of it; a replaced folder is moved to the trash. A
/// file can also be moved to another space; a folder must be copied there, as between servers.
/// </summary>
internal static class MoveResource
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, ["MOVE"], HandleAsync).RequireAuthorization(AccessPolicy.Upload).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, DavGuards guards, SpaceMover mover, DavFailures failures)
    {
        var (transit, refusal) = await Transit.ReadAsync(context, tree, spaces, guards, changesSource: true);
        if (transit is null)
            return refusal!;
        if (transit.IsFolder && DavHeaders.RequireInfinity(context.Request) is { } wrong)
            return wrong;
        var caller = context.Caller();
        var entry = transit.Source.Entry;
        if (!transit.IsOtherSpace)
        {
            if (transit.Existing is not null && !caller.Scopes.HasFlag(Scopes.Delete))
            {
                return Refusal.Of(
                    RequestError.NotPermitted, "Your key may not delete, so it may not move onto a file, which may then go to the trash.");
            }

            var moved = await tree.MoveOverAsync(caller, entry, transit.Place, transit.Overwrite, context.RequestAborted);
            return moved.Ok
                ? Transit.Done(moved.Value.Replaced)
                : await failures.OfAsync(context, moved.Failure, transit.Address, entry, transit.Existing);
        }

        if (transit.IsFolder || transit.IsOntoFolder)
        {
            return DavRefusals.Of(context, new UploadFailure(
                UploadError.NotFile, "Folders do not move between spaces by WebDAV; copy the folder, then delete it.")
            { Status = 502 });
        }

        // The original goes to the trash of its space.
        if (!caller.Scopes.HasFlag(Scopes.Delete))
            return Refusal.Of(RequestError.NotPermitted, "Your key may not delete, so it may not move a file out of its space.");
        var begun = await mover.BeginAsync(
            caller, entry, transit.Place, transit.Overwrite ? NameConflict.Replace : NameConflict.Fail, context.RequestAborted);
        return begun.Ok
            ? Transit.Done(begun.Value.Replaced)
            : await failures.OfAsync(context, begun.Failure, transit.To, entry, transit.Existing);
    }
}
