using ChunkUpload.Api.Access;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tree;

/// <summary>GET /api/trash: lists removed entries and replaced contents, the newest first.</summary>
internal static class ListTrash
{
    private static readonly Pages Pages =
        new("trash", 200, 1000, CursorParts.Time | CursorParts.Number | CursorParts.Id);

    public static void Map(IEndpointRouteBuilder routes) =>
        TreeRoutes.Map("trash", at => routes.MapGet(at, HandleAsync).AlsoForHead(), AccessPolicy.List, Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, Trash trash, FilesOptions options)
    {
        var query = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(query);
        if (page.Number > int.MaxValue)
            query.RefuseCursor();
        if (query.Refusal is not null)
            return query.Refusal;
        var (space, refusal) = await TreeAddress.SpaceOfAsync(context, tree, change: false);
        if (refusal is not null)
            return refusal;
        var found = await trash.ListAsync(space, page.After is { } after ? Read(after) : null, page.Sought, context.RequestAborted);
        page = page.Fitting(found, item => PageWeight.LengthOf([.. item.Path ?? [], item.Entry.Name, item.Entry.LinkTarget ?? ""]));
        var list = page.Of(found, item => Write(item.Key), item => TrashView.Of(item, options));
        var bytes = list.Items.Sum(item => PageWeight.BytesOfRest + PageWeight.LengthOf([item.Path ?? "", item.Name]));
        return JsonAnswer.OfLong(list, ApiJson.Out.ListOfTrashView, bytes);
    }

    private static PageKey Write(TrashKey key) => new(null, key.Version ?? 0, key.At, new UploadId(key.Entry.Value));

    private static TrashKey Read(PageKey key) =>
        new(key.Time!.Value, new EntryId(key.Id.Value), key.Number is 0 ? null : (int)key.Number!);

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(ListTrash), "List the trash",
        "What was deleted, and what was replaced, the newest first. What lies in a deleted folder is not listed by itself.")
    {
        Query = Pages.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<TrashView>), Examples.Page(Examples.TrashItem))],
        Errors = [UploadError.NoEntry],
    };
}
