using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tree;

/// <summary>GET /api/changes: lists the changes of a space in order.</summary>
internal static class ListChanges
{
    private const string CursorSort = "changes";
    private const string Now = "now";
    private const int DefaultLimit = 200;
    private const int MaxLimit = 1000;

    public static void Map(IEndpointRouteBuilder routes) =>
        TreeRoutes.Map("changes", at => routes.MapGet(at, HandleAsync).AlsoForHead(), AccessPolicy.List, Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, ChangeFeed feed)
    {
        var query = new QueryReader(context.Request.Query, "since", "limit");
        var limit = (int)(query.Number("limit", 1, MaxLimit) ?? DefaultLimit);
        var since = query.Text("since");
        if (query.Refusal is not null)
            return query.Refusal;
        var (space, refusal) = await TreeAddress.SpaceOfAsync(context, tree, change: false);
        if (refusal is not null)
            return refusal;
        if (since == Now)
            return Answer(space, new FeedPage(false, [], await feed.NowAsync(space, context.RequestAborted), false));
        ChangeCursor? after = null;
        if (since is not null && !TryRead(since, space, out after))
        {
            query.RefuseCursor();
            return query.Refusal!;
        }

        return Answer(space, await feed.ReadAsync(space, after, limit, context.RequestAborted));
    }

    private static JsonAnswer<ChangesView> Answer(EntryId space, FeedPage page)
    {
        var items = PageWeight.Fitting(page.Changes.Select(ChangeView.Of));
        var next = page.Next;
        if (items.Count < page.Changes.Count)
            next = next with { Number = page.Changes[items.Count - 1].Number, At = page.Changes[items.Count - 1].At };
        return JsonAnswer.Of(
            new ChangesView
            {
                Items = items,
                Cursor = Write(space, next),
                More = page.More || items.Count < page.Changes.Count,
                Reset = page.Reset,
                Generation = next.Generation,
            },
            ApiJson.Out.ChangesView);
    }

    private static string Write(EntryId space, ChangeCursor cursor) => Cursor.Write(
        CursorSort,
        new PageKey(cursor.Generation.ToString(CultureInfo.InvariantCulture), cursor.Number, cursor.At, new UploadId(space.Value)));

    private static bool TryRead(string text, EntryId space, out ChangeCursor? cursor)
    {
        cursor = Cursor.Read(text, CursorSort, CursorParts.Id | CursorParts.Number | CursorParts.Text) is { Number: { } number } key
            && key.Id.Value == space.Value && WholeNumber.TryParse(key.Text!, out var generation)
            ? new ChangeCursor(generation, number, key.Time) : null;
        return cursor is not null;
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(ListChanges), "Read what has changed",
        """
        Every change of a space in its order, without gaps, none twice: for mirrors, searches and pages that follow the tree. Read until
        `more` is false, keep `cursor`, and ask again later with it as `since`.

        Without `since` from the beginning: these changes replayed are the tree. `since=now` answers with a cursor and no changes.
        `reset` is true where the changes are not known any more: older than `Jobs:KeepHistory`, or the ledger was restored from a backup.
        Then list the tree again, and go on from the cursor of this answer, which is older than the list: a change may be in both, and
        what you then hold is right when you have applied it.

            curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:8080/api/changes?since=$CURSOR"
        """)
    {
        Query =
        [
            new("since", "The cursor of the previous answer, or now.", "eyJzb3J0IjoiY2hhbmdlcyJ9"),
            new("limit", $"1 to {MaxLimit}; default {DefaultLimit}.", "200") { IsNumber = true },
        ],
        Answers = [new(200, "A page.", typeof(ChangesView), Examples.Changes)],
        Errors = [UploadError.NoEntry, RequestError.InvalidCursor],
    };
}
