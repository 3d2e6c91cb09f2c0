using ChunkUpload.Api.Access;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>DELETE: moves a file, or a folder with all that is in it, to the trash.</summary>
internal static class DeleteResource
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(DavRoutes.Pattern, HandleAsync).RequireAuthorization(AccessPolicy.Delete).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, DavGuards guards, DavFailures failures)
    {
        var (address, refusal) = await DavAddress.ReadAsync(context, spaces, change: true);
        if (address is null)
            return refusal!;
        if (address.IsRoot)
            return DavRefusals.Root();
        var (headers, fault) = EntryHeaders.Read(context.Request.Headers, allConditions: true);
        if (headers is null)
            return fault!;
        var found = await address.FindAsync(tree, context.RequestAborted);
        if (!found.Ok)
            return DavRefusals.Of(context, found.Failure);
        var entry = found.Value.Entry;
        if (headers.Refuse(entry) is { } unmet)
            return unmet;
        if (entry.Kind == EntryKind.Folder && DavHeaders.RequireInfinity(context.Request) is { } wrong)
            return wrong;
        var (guard, refused) = await guards.ReadAsync(context, address);
        if (guard is null)
            return refused!;
        var removed = await tree.RemoveAsync(context.Caller(), entry, headers.RevisionOf(entry), guard, context.RequestAborted);
        return removed.Ok ? TypedResults.NoContent() : await failures.OfAsync(context, removed.Failure, address, entry, null);
    }
}
