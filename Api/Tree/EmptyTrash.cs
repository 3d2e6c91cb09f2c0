using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>DELETE /api/trash and /api/trash/{id}: deletes everything in the trash, or one item.</summary>
internal static class EmptyTrash
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        TreeRoutes.Map("trash", at => routes.MapDelete(at, HandleAsync), AccessPolicy.Delete, Doc);
        TreeRoutes.Map("trash/{id}", at => routes.MapDelete(at, HandleItemAsync), AccessPolicy.Delete, OfItem);
    }

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, Trash trash)
    {
        var (space, refusal) = await TreeAddress.SpaceOfAsync(context, tree, change: true);
        if (refusal is not null)
            return refusal;
        await trash.EmptyAsync(space, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> HandleItemAsync(string id, HttpContext context, FileTree tree, Trash trash)
    {
        var query = new QueryReader(context.Request.Query, "version");
        var version = (int?)query.Number("version", 1, int.MaxValue);
        if (query.Refusal is not null)
            return query.Refusal;
        var (space, refusal) = await TreeAddress.SpaceOfAsync(context, tree, change: true);
        if (refusal is not null)
            return refusal;
        if (!EntryId.TryParse(id, out var entry))
            return Refusal.Of(TreeRefusals.NotInTrash());
        var item = await trash.FindAsync(space, entry, version, context.RequestAborted);
        if (!item.Ok)
            return Refusal.Of(item.Failure);
        if (EntryHeaders.RefuseUnmet(context, item.Value.Entry) is { } unmet)
            return unmet;
        await trash.EndAsync(item.Value, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(EmptyTrash), "Empty the trash",
            "Nothing in it can be restored any more. Its space is freed soon afterwards.")
    {
        Answers = [new(204, "Empty.")],
        Errors = [UploadError.NoEntry],
    };

    private static EndpointDoc OfItem => new(
        TreeRoutes.Tag, "DeleteTrashItem", "Delete from the trash",
        "A removed entry, or with `version` one earlier content. It cannot be restored any more; its space is freed soon afterwards.")
    {
        Query = [new("version", "The number of an earlier content.", "1") { IsNumber = true }],
        Headers = [EntryHeaders.IfMatch],
        Answers = [new(204, "Gone.")],
        Errors = [UploadError.NoEntry, UploadError.EntryChanged, RequestError.InvalidHeader],
    };
}
