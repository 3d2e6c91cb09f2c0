using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Reads, lists and changes items.</summary>
internal sealed class GraphItems(GraphState state)
{
    /// <summary>Finds the item that a call is for, if the account may use it.</summary>
    public static (GraphItem? Item, GraphError? Error) Resolve(GraphState state, GraphCall call)
    {
        var from = call.Address.ItemId is { } id ? call.Drive.Find(id) : call.Drive.Root;
        var item = from is null ? null : call.Drive.Find(from, call.Address.Path);
        if (item is null)
            return (null, GraphError.NotFound);
        return call.Drive == state.Library || call.Drive.IsOpenTo(item, call.Account) ? (item, null) : (null, GraphError.AccessDenied);
    }

    /// <summary>Finds the folder in which a path's last name is, or will be.</summary>
    public static (GraphItem? Parent, string Name, GraphError? Error) ResolveParent(GraphState state, GraphCall call, bool makeFolders)
    {
        if (call.Address.Path.Count == 0)
        {
            var (item, error) = Resolve(state, call);
            return item?.Parent is { } parent ? (parent, item.Name, null) : (null, "", error ?? GraphError.Invalid("A name is missing."));
        }

        var folder = call.Address.ItemId is { } id ? call.Drive.Find(id) : call.Drive.Root;
        if (folder is null)
            return (null, "", GraphError.NotFound);
        if (call.Drive != state.Library && !call.Drive.IsOpenTo(folder, call.Account))
            return (null, "", GraphError.AccessDenied);
        foreach (var name in call.Address.Path.SkipLast(1))
        {
            var next = call.Drive.Find(folder, [name]);
            if (next is null && makeFolders)
            {
                var made = call.Drive.CreateFolder(folder, name, GraphConflict.Replace);
                if (made.Error is not null)
                    return (null, "", made.Error);
                next = made.Item;
            }

            if (next is null)
                return (null, "", GraphError.NotFound);
            folder = next;
        }

        return (folder, call.Address.Path[^1], null);
    }

    public async Task<GraphError?> GetAsync(GraphCall call)
    {
        var (item, error) = Resolve(state, call);
        if (item is null)
            return error;
        if (call.Http.Request.Headers.IfNoneMatch.ToString() is { Length: > 0 } known && (known == item.ETag || known == item.CTag))
        {
            call.Http.Response.StatusCode = 304;
            return null;
        }

        return await AnswerAsync(call, 200, item);
    }

    public async Task<GraphError?> ListAsync(GraphCall call)
    {
        var (folder, error) = Resolve(state, call);
        if (folder is null)
            return error;
        if (call.Query.Filter is not null)
            return GraphError.NotSupported("Children cannot be filtered.");
        return await AnswerPageAsync(call, Sorted(folder.Drive.ChildrenOf(folder), call.Query.OrderBy));
    }

    public async Task<GraphError?> SearchAsync(GraphCall call)
    {
        var (folder, error) = Resolve(state, call);
        if (folder is null)
            return error;
        var text = call.Address.Action.Split('\'') is [_, var words, ..] ? words : "";
        var found = call.Drive.All()
            .Where(item => item != folder && item.IsBelow(folder) && item.Name.Contains(text, StringComparison.OrdinalIgnoreCase));
        return await AnswerPageAsync(call, found);
    }

    public async Task<GraphError?> SharedWithMeAsync(HttpContext http, string account)
    {
        var values = new JsonArray();
        foreach (var item in state.Drives.SelectMany(drive => drive.All()).Where(item => item.SharedWith.Contains(account)))
        {
            var pointer = new GraphItem(item.Drive, item.Id, item.Name, GraphItemKind.Remote) { Target = item };
            values.Add(state.View.Item(pointer, GraphQuery.None));
        }

        await GraphReply.WriteAsync(http, 200, new JsonObject { ["value"] = values });
        return null;
    }

    public async Task<GraphError?> CreateAsync(GraphCall call)
    {
        var (parent, error) = Resolve(state, call);
        if (parent is null)
            return error;
        if (await GraphReply.ReadAsync(call.Http) is not { } body || body["folder"] is null)
            return GraphError.Invalid("Only folders are created here; their body has a 'folder'.");
        var conflict = GraphBody.Conflict(body, GraphConflict.Fail);
        var made = parent.Drive.CreateFolder(parent, GraphBody.Text(body, "name") ?? "", conflict, GraphBody.Times(body));
        return made.Item is null ? made.Error : await AnswerAsync(call, made.Created ? 201 : 200, made.Item);
    }

    public async Task<GraphError?> UpdateAsync(GraphCall call)
    {
        var (item, error) = Resolve(state, call);
        if (item is null)
            return error;
        if (await GraphReply.ReadAsync(call.Http) is not { } body)
            return GraphError.Invalid("The body is no JSON object.");
        if (body["description"] is not null && call.Drive.Kind == GraphDriveKind.Personal)
            return GraphError.Invalid("The property 'description' is not supported.");
        GraphItem? parent = null;
        if (body["parentReference"] is JsonObject reference && (parent = Referenced(call.Drive, reference)) is null)
            return GraphError.NotFound;
        var changed = call.Drive.Update(
            item, GraphBody.Text(body, "name"), parent, GraphBody.Times(body), call.IfMatch, GraphBody.Conflict(body, GraphConflict.Fail));
        return changed.Item is null ? changed.Error : await AnswerAsync(call, 200, changed.Item);
    }

    public Task<GraphError?> DeleteAsync(GraphCall call, bool permanently)
    {
        var (item, error) = Resolve(state, call);
        error ??= item is null ? GraphError.NotFound : call.Drive.Delete(item, call.IfMatch, permanently);
        if (error is null)
            call.Http.Response.StatusCode = 204;
        return Task.FromResult(error);
    }

    /// <summary>The copy is there at once; the address to watch says so after as many questions as a switch asks for.</summary>
    public async Task<GraphError?> CopyAsync(GraphCall call)
    {
        var (source, error) = Resolve(state, call);
        if (source is null)
            return error;
        var body = await GraphReply.ReadAsync(call.Http);
        var reference = body?["parentReference"] as JsonObject;
        var drive = GraphBody.Text(reference, "driveId") is { } driveId ? state.FindDrive(driveId) : call.Drive;
        var parent = reference is null || drive is null ? source.Parent : Referenced(drive, reference);
        if (drive is null || parent is null)
            return GraphError.NotFound;
        if (drive != state.Library && !drive.IsOpenTo(parent, call.Account))
            return GraphError.AccessDenied;
        if (parent.IsBelow(source))
            return GraphError.Invalid("A folder cannot be copied into itself.");
        var inQuery = call.Http.Request.Query[GraphBody.ConflictName].ToString();
        var conflict = GraphBody.Conflict(inQuery, GraphBody.Conflict(body, GraphConflict.Fail));
        var copied = drive.Copy(source, parent, GraphBody.Text(body, "name") ?? source.Name, conflict);
        if (copied.Item is null)
            return copied.Error;
        var steps = state.Switches.Number(GraphSwitches.CopySteps);
        call.Http.Response.Headers.Location = $"{state.ContentBase}/monitor/{state.Uploads.WatchCopy(copied.Item.Id, (int)steps)}";
        call.Http.Response.StatusCode = 202;
        return null;
    }

    public Task<GraphError?> DownloadAsync(GraphCall call)
    {
        var (item, error) = Resolve(state, call);
        if (item is null)
            return Task.FromResult(error);
        if (item.Content is null)
            return Task.FromResult<GraphError?>(GraphError.Invalid("The item has no content that can be downloaded.", "notDownloadable"));
        if (item.Malware is { } malware && call.Http.Request.Query["AVOverride"] != "1")
        {
            call.Http.Response.Headers["X-Virus-Infected"] = malware;
            return Task.FromResult<GraphError?>(GraphError.Malware);
        }

        if (call.Http.Request.Headers.IfNoneMatch.ToString() is { Length: > 0 } known && (known == item.ETag || known == item.CTag))
        {
            call.Http.Response.StatusCode = 304;
            return Task.FromResult<GraphError?>(null);
        }

        call.Http.Response.Headers.Location = state.Downloads.AddressOf(item);
        call.Http.Response.StatusCode = 302;
        return Task.FromResult<GraphError?>(null);
    }

    public async Task<GraphError?> VersionsAsync(GraphCall call)
    {
        var (item, error) = Resolve(state, call);
        if (item?.Content is null)
            return error ?? GraphError.Invalid("The item has no versions.");
        var values = item.Drive.Read(() => item.Versions.Append(item.Content).Select((content, index) => (JsonNode)new JsonObject
        {
            ["id"] = $"{index + 1}.0",
            ["size"] = content.Size,
            ["lastModifiedDateTime"] = GraphView.Time(content.Stored),
        }).Reverse().ToArray());
        await GraphReply.WriteAsync(call.Http, 200, new JsonObject { ["value"] = new JsonArray(values) });
        return null;
    }

    public Task<GraphError?> VersionAsync(GraphCall call)
    {
        var (item, error) = Resolve(state, call);
        if (item?.Content is null)
            return Task.FromResult<GraphError?>(error ?? GraphError.NotFound);
        var parts = call.Address.Action.Split('/');
        var number = parts[1].Split('.')[0];
        if (parts is not [_, _, "content"] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || version < 1 || version > item.Versions.Count)
            return Task.FromResult<GraphError?>(GraphError.Invalid("There is no such earlier version."));
        call.Http.Response.Headers.Location = state.Downloads.AddressOf(item, version - 1);
        call.Http.Response.StatusCode = 302;
        return Task.FromResult<GraphError?>(null);
    }

    public async Task<GraphError?> AnswerAsync(GraphCall call, int status, GraphItem item)
    {
        await GraphReply.WriteAsync(call.Http, status, state.View.Item(item, call.Query));
        return null;
    }

    /// <summary>The folder that a body refers to by id or by path.</summary>
    private static GraphItem? Referenced(GraphDrive drive, JsonObject reference)
    {
        if (GraphBody.Text(reference, "id") is { } id)
            return id.Equals("root", StringComparison.OrdinalIgnoreCase) ? drive.Root : drive.Find(id);
        if (GraphBody.Text(reference, "path") is not { } path
            || path.IndexOf("root:", StringComparison.OrdinalIgnoreCase) is not (>= 0 and var at))
            return null;
        var names = Uri.UnescapeDataString(path[(at + "root:".Length)..]).Split('/', StringSplitOptions.RemoveEmptyEntries);
        return drive.Find(drive.Root, names);
    }

    private static IEnumerable<GraphItem> Sorted(IEnumerable<GraphItem> items, string? orderBy)
    {
        var words = (orderBy ?? "name").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var sorted = words.FirstOrDefault()?.ToUpperInvariant() switch
        {
            "SIZE" => items.OrderBy(item => item.Size),
            "LASTMODIFIEDDATETIME" => items.OrderBy(item => item.Modified),
            _ => items.OrderBy(item => item.Name, GraphNames.Comparer),
        };
        return words is [_, "desc", ..] ? sorted.Reverse() : sorted;
    }

    private async Task<GraphError?> AnswerPageAsync(GraphCall call, IEnumerable<GraphItem> items)
    {
        // The token names the last item's id, so that what is created or deleted meanwhile moves nothing to another page.
        var all = items.ToList();
        var start = call.Query.SkipToken is { } token ? all.FindIndex(item => item.Id == token) + 1 : 0;
        if (call.Query.SkipToken is not null && start == 0)
            return GraphError.Invalid("The page token is not valid any more.");
        var page = all.Skip(start).Take(Math.Clamp(call.Query.Top ?? state.PageSize, 1, 5000)).ToList();
        var body = new JsonObject();
        if (start + page.Count < all.Count)
            body["@odata.nextLink"] = NextLink(call, page[^1].Id);
        body["value"] = new JsonArray([.. page.Select(item => (JsonNode)state.View.Item(item, call.Query))]);
        await GraphReply.WriteAsync(call.Http, 200, body);
        return null;
    }

    private string NextLink(GraphCall call, string token)
    {
        var query = call.Http.Request.Query
            .Where(pair => pair.Key is not "$skiptoken")
            .Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value.ToString())}")
            .Append($"%24skiptoken={Uri.EscapeDataString(token)}");
        return $"{state.Context.Addresses[0]}{call.Http.Request.Path.ToUriComponent()}?{string.Join('&', query)}";
    }
}
