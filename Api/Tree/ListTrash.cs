using ChunkUpload.Api.Access;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tree;

/// <summary>GET /api/trash: removed entries and replaced contents, the newest first.</summary>
internal static class ListTrash
{
    private const string CursorSort = "trash";
    private const int DefaultLimit = 200;
    private const int MaxLimit = 1000;

    public static void Map(IEndpointRouteBuilder routes) =>
        TreeRoutes.Map("trash", at => routes.MapGet(at, HandleAsync).AlsoForHead(), AccessPolicy.List, Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, Trash trash, FilesOptions options)
    {
        var query = new QueryReader(context.Request.Query, "limit", "cursor");
        var limit = (int)(query.Number("limit", 1, MaxLimit) ?? DefaultLimit);
        TrashKey? after = null;
        if (query.Text("cursor") is { } cursor)
        {
            if (Cursor.TryRead(cursor, CursorSort, out var key) && key is { Time: { } at, Number: >= 0 and <= int.MaxValue and { } number })
                after = new TrashKey(at, new EntryId(key.Id.Value), number == 0 ? null : (int)number);
            else
                query.RefuseCursor();
        }

        if (query.Refusal is not null)
            return query.Refusal;
        var (space, refusal) = await TreeAddress.SpaceOfAsync(context, tree, change: false);
        if (refusal is not null)
            return refusal;
        var found = await trash.ListAsync(space, after, limit + 1, context.RequestAborted);
        limit = PageWeight.Fitting(
            found, limit, item => PageWeight.LengthOf([.. item.Path ?? [], item.Entry.Name, item.Entry.LinkTarget ?? ""]));
        var next = found.Count > limit ? CursorOf(found[limit - 1].Key) : null;
        return JsonAnswer.OfLong(
            new ListOf<TrashView>([.. found.Take(limit).Select(item => TrashView.Of(item, options))], next), ApiJson.Out.ListOfTrashView);
    }

    private static string CursorOf(TrashKey key) =>
        Cursor.Write(CursorSort, new PageKey(null, key.Version ?? 0, key.At, new UploadId(key.Entry.Value)));

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(ListTrash), "List the trash",
        "What was deleted, and what was replaced, the newest first. What lies in a deleted folder is not listed by itself.")
    {
        Query =
        [
            new("limit", $"1 to {MaxLimit}; default {DefaultLimit}. A page also ends after about 4 MiB.", "200") { IsNumber = true },
            new("cursor", "nextCursor of the previous page.", "eyJzb3J0IjoidHJhc2gifQ"),
        ],
        Answers = [new(200, "A page.", typeof(ListOf<TrashView>), Examples.Page(Examples.TrashItem))],
        Errors = [UploadError.NoEntry],
    };
}
