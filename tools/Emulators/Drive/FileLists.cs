using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Drive;

/// <summary>files.list. A list is fixed when its first page is asked for; later pages may lack files that are gone by then.</summary>
internal sealed class FileLists(DriveStore store, DriveView view, EmulatorContext context)
{
    private const string Usually = "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)";

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>?> Schema = new Dictionary<string, IReadOnlySet<string>?>
    {
        ["kind"] = null,
        ["incompleteSearch"] = null,
        ["nextPageToken"] = null,
        ["files"] = DriveView.FileFields,
    };

    private readonly ConcurrentDictionary<string, Page> _pages = [];

    public void Map(DriveRouter router) =>
        router.Map("GET", "/drive/v3/files", "files.list", DriveNeed.Metadata, DriveRouter.ListUnits, ListAsync);

    public void Reset() => _pages.Clear();

    private Task ListAsync(DriveCall call)
    {
        var size = call.Number("pageSize", 100, 1, 1000);
        var most = context.Switches.Limit("mostPerPage");
        size = (int)Math.Min(size, most ?? size);
        JsonObject answer;
        lock (store.Gate)
        {
            var page = call.Query("pageToken") is { Length: > 0 } token ? Continue(token, call) : Begin(call);
            var files = page.Ids.Skip(page.Offset).Take(size).Select(store.Find).OfType<DriveFile>()
                .Select(file => (JsonNode)view.Whole(file, call.Caller)).ToArray();
            answer = new JsonObject
            {
                ["kind"] = "drive#fileList",
                ["incompleteSearch"] = context.Switches.IsOn("incompleteSearch"),
                ["files"] = new JsonArray(files),
            };
            if (context.Switches.IsOn("emptyPages") && page.Offset == 0 && page.Ids.Count > 0 && !page.IsAfterEmpty)
            {
                // Drive may answer a page without files that has a successor.
                answer["files"] = new JsonArray();
                answer["nextPageToken"] = Keep(page with { IsAfterEmpty = true });
            }
            else if (page.Offset + size < page.Ids.Count)
            {
                answer["nextPageToken"] = Keep(page with { Offset = page.Offset + size });
            }
        }

        return call.AnswerAsync(answer, Schema, Usually);
    }

    private Page Begin(DriveCall call)
    {
        var text = call.Query("q") ?? "";
        var (matches, parent) = SearchQuery.Parse(text, store, call.Caller);
        var drive = call.Query("driveId") ?? call.Query("teamDriveId");
        var withAll = call.IncludesAllDrives && call.SupportsAllDrives;
        if (drive is not null && !withAll)
            throw new DriveException(403, "teamDrivesParentLimit", "driveId needs includeItemsFromAllDrives.");
        if (parent is not null && store.Find(parent) is { } folder
            && store.RoleOf(folder, call.Caller.Email, call.Caller.ResourceKeys) == 0)
            parent = "";
        var candidates = parent is null ? store.Files : store.Children(parent);
        var found = candidates.Where(file => !file.IsRoot && IsInCorpus(file, drive, withAll, call, parent is not null) && matches(file));
        if (parent is not null && parent.Length > 0 && store.Find(parent) is null)
            throw DriveException.NotFound(".");
        var sorted = FileOrder.Sort(found, call.Query("orderBy"), call.Caller.Email);
        return new Page([.. sorted.Select(file => file.Id)], 0, text, call.Caller.Email);
    }

    private bool IsInCorpus(DriveFile file, string? drive, bool withAll, DriveCall call, bool byParent)
    {
        if (drive is not null && file.DriveId != drive)
            return false;
        if (file.DriveId is not null && !withAll)
            return false;
        // What anyone with the link may read is found below a folder that is asked for, and not by a search.
        return store.RoleOf(file, call.Caller.Email, byParent ? call.Caller.ResourceKeys : null) > DriveStore.None;
    }

    private Page Continue(string token, DriveCall call)
    {
        if (!_pages.TryGetValue(token, out var page) || page.Account != call.Caller.Email || page.Query != (call.Query("q") ?? ""))
            throw DriveException.Invalid("pageToken", "Invalid Value");
        return page;
    }

    private string Keep(Page page)
    {
        var token = "~!!~" + Ids.Random(60, Ids.Base64Url);
        _pages[token] = page;
        return token;
    }

    private sealed record Page(IReadOnlyList<string> Ids, int Offset, string Query, string Account)
    {
        public bool IsAfterEmpty { get; init; }
    }
}
