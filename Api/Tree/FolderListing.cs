using ChunkUpload.Api.Access;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tree;

/// <summary>Answers with an entry: a folder with a page of what is in it, anything else by itself.</summary>
internal sealed class FolderListing(ITreeLedger ledger, Core.Events.ProgressBook progress)
{
    private const int LeastSearch = 3;
    private const int MaxArriving = 200;
    private const int MaxCounted = 200;
    private const int MostInCount = 500;
    private const int MostBelow = 50_000;
    private const string ByPath = "recursive";
    private const string ById = "recursive-id";
    private const string BySearch = "search";

    private static readonly Pages Pages = new("name", 200, 1000, CursorParts.Text);

    private static readonly string[] Names =
        ["format", "sort", "limit", "cursor", "kind", "recursive", "search", "arriving", "arrivingAfter", "counts", "totals", "below"];

    private static readonly Dictionary<EntryId, FolderCount> NoCounts = [];

    public static IReadOnlyList<EndpointDoc.Parameter> Parameters { get; } =
    [
        new("format", "json: describe a file instead of sending it. zip: the folder as a ZIP archive.", "json"),
        new("sort", "name, natural, size or modifiedAt; with a minus in front descending. Default: name. natural is the order of people: "
            + $"9 before 10, a before B; a folder of more than {NaturalOrder.MostSorted} entries is then sorted by name.", "name"),
        new("kind", "folder, file or link: only those.", "file"),
        new("recursive", "true: everything below the folder, each folder before what is in it.", "true"),
        new("search", $"Only names below the folder that contain this text, of at least {LeastSearch} characters, in any case. A page of a "
            + "large folder may be short, even empty, and have a nextCursor.", "report"),
        new("arriving", "true: also the unfinished uploads that will be published in this folder.", "true"),
        new("arrivingAfter", "nextArriving of the previous page: the unfinished uploads after that one.", Examples.Id),
        new("counts", $"true: also how many files and folders lie in each of the page's first {MaxCounted} folders, up to {MostInCount}.",
            "true"),
        new("totals", "true: also how many files and folders lie in the folder itself, on all pages, and how many bytes the files have.",
            "true"),
        new("below", "true: also how many files and folders lie below the folder, with everything in its folders, and how many bytes the "
            + $"files have; counted up to {MostBelow} entries.", "true"),
        .. Pages.Parameters,
    ];

    public async Task<IResult> AnswerAsync(HttpContext context, PlacedEntry placed)
    {
        var query = new QueryReader(context.Request.Query, Names);
        if (query.Text("format") is { } format && format != "json")
            query.Refuse("format must be json, or zip for a folder.");
        var sort = query.Text("sort") ?? "name";
        var kind = KindOf(query);
        var recursive = TreeQuery.Flag(query, "recursive");
        var arriving = TreeQuery.Flag(query, "arriving");
        UploadId? arrived = UploadId.TryParse(query.Text("arrivingAfter"), out var before) ? before : null;
        if (arrived is null && query.Text("arrivingAfter") is not null)
            query.Refuse("arrivingAfter must be the nextArriving of the page before.");
        var search = query.Text("search");
        if (search is { Length: < LeastSearch })
            query.Refuse($"search needs at least {LeastSearch} characters.");
        if ((recursive || search is not null) && sort != "name")
            query.Refuse("recursive and search have an order of their own; leave out sort.");
        var counts = TreeQuery.Flag(query, "counts");
        var totals = TreeQuery.Flag(query, "totals");
        var below = TreeQuery.Flag(query, "below");
        if (counts && (recursive || search is not null))
            query.Refuse("counts cannot be combined with recursive or search.");
        if (recursive && (search is not null || kind is not null))
            query.Refuse("recursive cannot be combined with search or kind.");
        if (query.Refusal is not null)
            return query.Refusal;
        if (placed.Entry.Kind != EntryKind.Folder)
            return JsonAnswer.Of(EntryView.Of(placed), ApiJson.Out.EntryView);
        sort = await NaturalOrder.OfAsync(ledger, placed.Entry.Id, sort, query.Text("cursor"), context.RequestAborted);

        var page = recursive ? await WalkAsync(query, context.Caller(), placed, context.RequestAborted)
            : search is not null ? await SearchAsync(query, placed, search, kind, context.RequestAborted)
            : await ListAsync(query, placed, sort, kind, counts, context.RequestAborted);
        if (query.Refusal is not null)
            return query.Refusal;
        var uploads = arriving
            ? await ledger.ArrivingAsync(placed.Entry.Id, arrived, MaxArriving + 1, context.RequestAborted)
            : null;
        return JsonAnswer.OfLong(
            new FolderView
            {
                Folder = EntryView.Of(placed),
                Items = page.Items,
                NextCursor = page.NextCursor,
                Totals = totals ? await ledger.TotalsAsync(placed.Entry.Id, context.RequestAborted) : null,
                Below = below ? await ledger.CountBelowAsync(placed.Entry.Id, MostBelow, context.RequestAborted) : null,
                Arriving = uploads is null ? null : [.. uploads.Take(MaxArriving).Select(upload => ViewOf(placed, upload))],
                NextArriving = uploads?.Count > MaxArriving ? uploads[MaxArriving - 1].Id.ToString() : null,
            },
            ApiJson.Out.FolderView,
            page.Items.Sum(LengthOf) + (uploads?.Count ?? 0) * PageWeight.LengthOf(placed.Path));
    }

    private static EntryKind? KindOf(QueryReader query)
    {
        switch (query.Text("kind"))
        {
            case null:
                return null;
            case "folder":
                return EntryKind.Folder;
            case "file":
                return EntryKind.File;
            case "link":
                return EntryKind.Link;
            default:
                query.Refuse("kind must be folder, file or link.");
                return null;
        }
    }

    private async Task<ListOf<EntryView>> ListAsync(
        QueryReader reader, PlacedEntry placed, string sort, EntryKind? kind, bool counts, CancellationToken cancellationToken)
    {
        var order = sort.TrimStart('-') switch
        {
            "name" => EntrySort.Name,
            "size" => EntrySort.Size,
            "modifiedAt" => EntrySort.Modified,
            NaturalOrder.Word => EntrySort.Natural,
            _ => default,
        };
        if (order == default)
            reader.Refuse("sort must be name, natural, size or modifiedAt, with a minus in front for descending.");
        var page = Pages.ReadSorted(reader, sort, CursorParts.Text);
        if (reader.Refusal is not null)
            return new([], null);
        var query = new FolderQuery(placed.Entry.Id, page.Sought)
        {
            Sort = order,
            Descending = sort.StartsWith('-'),
            Kind = kind,
            After = page.After is { } after ? new EntryKey(after.Text!, after.Number ?? 0) : null,
        };
        var found = await ledger.ListAsync(query, cancellationToken);
        var above = PageWeight.LengthOf(placed.Path);
        page = page.Fitting(found, entry => above + PageWeight.LengthOf([entry.Name, entry.Name, entry.LinkTarget ?? ""]));
        var held = counts ? await CountAsync(found.Take(page.Limit), cancellationToken) : NoCounts;
        return page.Of(
            found, entry => new PageKey(entry.Name, NumberOf(order, entry), null, default),
            entry => EntryView.Of(entry, TreePath.Join([.. placed.Path, entry.Name])) with { Holds = held.GetValueOrDefault(entry.Id) });
    }

    private async Task<IReadOnlyDictionary<EntryId, FolderCount>> CountAsync(
        IEnumerable<Entry> entries, CancellationToken cancellationToken)
    {
        var folders = entries.Where(entry => entry.Kind == EntryKind.Folder).Take(MaxCounted).Select(entry => entry.Id).ToList();
        return folders.Count == 0 ? NoCounts : await ledger.CountAsync(folders, MostInCount, cancellationToken);
    }

    private async Task<ListOf<EntryView>> WalkAsync(
        QueryReader reader, Caller caller, PlacedEntry placed, CancellationToken cancellationToken)
    {
        IReadOnlyList<string>? after = null;
        var page = new AskedPage(ByPath, Pages.Limit(reader), null);
        if (reader.Text("cursor") is { Length: > 0 } cursor)
        {
            after = Cursor.Read(cursor, ByPath, CursorParts.Text) is { Text: { } path } ? path.Split('/')
                : Cursor.Read(cursor, ById, CursorParts.Id) is { } key
                    ? await PathBelowAsync(caller, placed, new EntryId(key.Id.Value), cancellationToken) : null;
            if (after is null)
                reader.RefuseCursor();
        }

        if (reader.Refusal is not null)
            return new([], null);
        var found = await ledger.WalkAsync(placed.Entry.Id, after, page.Sought, cancellationToken);
        var above = PageWeight.LengthOf(placed.Path);
        var items = page.Fitting(found, one => above + LengthOf(one))
            .Of(found, one => TreePath.Join(one.Path), one => EntryView.Of(one.Entry, TreePath.Join([.. placed.Path, .. one.Path])));
        // A cursor with the path resumes at that place even if the entry has been removed. Use the id if the path is too long for an
        // address.
        return items.NextCursor is { } next && !Cursor.IsShort(next)
            ? items with { NextCursor = Cursor.Write(ById, IdOf(found[items.Items.Count - 1].Entry)) }
            : items;
    }

    private async Task<IReadOnlyList<string>?> PathBelowAsync(
        Caller caller, PlacedEntry folder, EntryId id, CancellationToken cancellationToken) =>
        await ledger.FindAsync(caller, id, cancellationToken) is { } last && last.Entry.Space == folder.Entry.Space
        && last.Path.Count > folder.Path.Count && last.Path.Take(folder.Path.Count).SequenceEqual(folder.Path)
            ? [.. last.Path.Skip(folder.Path.Count)]
            : null;

    private async Task<ListOf<EntryView>> SearchAsync(
        QueryReader reader, PlacedEntry placed, string text, EntryKind? kind, CancellationToken cancellationToken)
    {
        var page = Pages.ReadSorted(reader, BySearch, CursorParts.Text | CursorParts.Id);
        if (reader.Refusal is not null)
            return new([], null);
        var query = new SearchQuery(placed.Entry.Space, placed.Entry.Id, text, page.Sought)
        {
            Kind = kind,
            After = page.After is { } after ? (after.Text!, new EntryId(after.Id.Value)) : null,
        };
        var (found, examined) = await ledger.SearchAsync(query, cancellationToken);
        var items = page.Fitting(found, LengthOf).Of(found, one => IdOf(one.Entry), EntryView.Of);
        // Of a large folder, only a part was examined.
        return items.NextCursor is null && examined is not null
            ? items with { NextCursor = Cursor.Write(BySearch, IdOf(examined)) }
            : items;
    }

    private static PageKey IdOf(Entry entry) => new(entry.Name, null, null, new UploadId(entry.Id.Value));

    private static long LengthOf(EntryView view) =>
        PageWeight.BytesOfRest + PageWeight.LengthOf([view.Path, view.Name, view.LinkTarget ?? ""]);

    private static long LengthOf(PlacedEntry placed) =>
        PageWeight.LengthOf(placed.Path) + PageWeight.LengthOf([placed.Entry.Name, placed.Entry.LinkTarget ?? ""]);

    private static long NumberOf(EntrySort sort, Entry entry) => sort switch
    {
        EntrySort.Size => entry.Size ?? -1,
        EntrySort.Modified => entry.Modified.Nanoseconds,
        _ => 0,
    };

    private ArrivingView ViewOf(PlacedEntry placed, Upload upload) => new(
        upload.Id.ToString(), TreePath.Join([.. placed.Path, .. upload.Target!.Place.Names]), StateNames.Of(upload.Protocol),
        StateNames.Of(upload.State), upload.Size, upload.ReceivedBytes,
        upload.State == UploadState.Open ? Math.Round(progress.SpeedOf(upload.Id)?.Current ?? 0, 1) : null,
        upload.ConsecutiveFailures, upload.LastByteAt);
}
