using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Small uploads, upload sessions, and what is published at their end.</summary>
internal sealed class GraphUploads(GraphState state)
{
    private const long LargestSmallFile = 250L * 1024 * 1024;

    private static readonly string[] OfficeEndings = [".docx", ".xlsx", ".pptx", ".html"];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LiveSession> _sessions = [];
    private readonly Dictionary<string, CopyWatch> _copies = [];

    /// <summary>PUT …/content: the whole file in one request.</summary>
    public async Task<GraphError?> PutContentAsync(GraphCall call)
    {
        var (parent, name, error) = GraphItems.ResolveParent(state, call, makeFolders: true);
        if (parent is null)
            return error;
        var length = call.Http.Request.ContentLength;
        if (length > LargestSmallFile)
            return new GraphError(413, "invalidRequest", "Files of more than 250 MB need an upload session.", "maxFileSizeExceeded");
        var conflict = GraphBody.Conflict(call.Http.Request.Query[GraphBody.ConflictName].ToString(), GraphConflict.Replace);
        if (call.Drive.RefuseUpload(parent, name, conflict, call.IfMatch, length) is { } refusal)
            return refusal;
        using var writer = NewWriter();
        if (!await writer.ReceiveAsync(call.Http.Request.Body, length, call.Aborted))
            return GraphError.Invalid("The body has another length than Content-Length says.");
        var target = new GraphUploadTarget(parent, name, conflict, default) { IfMatch = call.IfMatch };
        return await PublishAsync(call.Http, target, writer, call.Query);
    }

    public async Task<GraphError?> BeginAsync(GraphCall call)
    {
        var (parent, name, error) = GraphItems.ResolveParent(state, call, makeFolders: true);
        if (parent is null)
            return error;
        var body = await GraphReply.ReadAsync(call.Http) ?? [];
        var item = body["item"] as JsonObject;
        if (item?["description"] is not null && call.Drive.Kind == GraphDriveKind.Personal)
            return GraphError.Invalid("The property 'description' is not supported.");
        if (GraphBody.Text(item, "name") is { } other && !GraphNames.Comparer.Equals(other, name))
            return GraphError.Invalid("The body names another file than the address.");
        var conflict = GraphBody.Conflict(item, GraphConflict.Replace);
        var size = GraphBody.Number(item, "fileSize");
        // A taken name is found only with the last fragment, as other clients may free it until then.
        if (call.Drive.RefuseUpload(parent, name, conflict, call.IfMatch, size) is { } refusal && refusal != GraphError.NameTaken)
            return refusal;
        var target = new GraphUploadTarget(parent, name, conflict, GraphBody.Times(item))
        {
            IfMatch = call.IfMatch,
            DeferCommit = GraphBody.Flag(body, "deferCommit"),
        };
        lock (_gate)
        {
            RemoveExpired();
            if (call.Drive.Kind != GraphDriveKind.Personal && _sessions.Values.Any(live => live.IsFor(parent, name)))
                return GraphError.NameBeingUploaded;
            var session = new GraphUploadSession(Ids.Random(48), target, NewExpiry());
            _sessions.Add(session.Token, new LiveSession(session, NewWriter()));
            body = Describe(session);
        }

        body["@odata.context"] = $"{state.ApiBase}/$metadata#microsoft.graph.uploadSession";
        await GraphReply.WriteAsync(call.Http, 200, body);
        return null;
    }

    /// <summary>PUT of an item with a sourceUrl: publishes a session's bytes, under another name where the first one was taken.</summary>
    public async Task<GraphError?> CommitBySourceAsync(GraphCall call)
    {
        if (await GraphReply.ReadAsync(call.Http) is not { } body || GraphBody.Text(body, GraphBody.SourceName) is not { } source)
            return GraphError.Invalid("The body needs a sourceUrl.");
        if (!Uri.TryCreate(source, UriKind.Absolute, out var uri) || Find(uri.Segments[^1]) is not { } live)
            return GraphError.SessionNotFound;
        var (item, _) = GraphItems.Resolve(state, call);
        var name = GraphBody.Text(body, "name");
        GraphItem? parent;
        if (item?.Kind == GraphItemKind.Folder && name is not null)
            parent = item;
        else
        {
            (parent, var last, var error) = GraphItems.ResolveParent(state, call, makeFolders: false);
            if (parent is null)
                return error;
            name ??= last;
        }

        using var turn = await live.EnterAsync(call.Aborted);
        if (!live.Rules.IsComplete)
            return GraphError.Invalid("The session has not received all bytes yet.", "uploadSessionIncomplete");
        var times = GraphBody.Times(body);
        var target = live.Rules.Target with
        {
            Parent = parent,
            Name = name,
            Conflict = GraphBody.Conflict(body, live.Rules.Target.Conflict),
            Times = times == default ? live.Rules.Target.Times : times,
            IfMatch = call.IfMatch,
        };
        return await PublishSessionAsync(call.Http, live, target, call.Query);
    }

    public async Task<GraphError?> StatusAsync(HttpContext http, string token)
    {
        if (Find(token) is not { } live)
            return GraphError.SessionNotFound;
        await GraphReply.WriteAsync(http, 200, Describe(live.Rules, withAddress: false));
        return null;
    }

    public async Task<GraphError?> CancelAsync(HttpContext http, string token)
    {
        if (Find(token) is not { } live)
            return GraphError.SessionNotFound;
        using var turn = await live.EnterAsync(http.RequestAborted);
        Remove(live);
        http.Response.StatusCode = 204;
        return null;
    }

    /// <summary>PUT to an upload address: one fragment.</summary>
    public async Task<GraphError?> ReceiveAsync(HttpContext http, string token)
    {
        if (Find(token) is not { } live)
            return GraphError.SessionNotFound;
        if (GraphFragment.Parse(http.Request.Headers.ContentRange) is not { } fragment)
            return GraphError.Invalid("A fragment needs Content-Range: bytes first-last/total.", "invalidRange");
        using var turn = await live.EnterAsync(http.RequestAborted);
        if (live.IsGone)
            return GraphError.SessionNotFound;
        if (live.Rules.Refuse(fragment, http.Request.ContentLength, state.Switches.IsOn(GraphSwitches.StrictFragments)) is { } refusal)
            return refusal;
        var target = live.Rules.Target;
        if (target.Parent.Drive.Quota.Remaining is { } remaining && fragment.Total > remaining)
            return GraphError.QuotaReached;
        if (!await live.Writer.ReceiveAsync(http.Request.Body, fragment.Length, http.RequestAborted))
            return GraphError.Invalid("The body has another length than Content-Range says.", "fragmentLengthMismatch");
        if (live.IsGone)
            return GraphError.SessionNotFound;
        if (live.Rules.Accept(fragment) is { } failed)
        {
            Remove(live);
            return failed;
        }

        live.Rules.Extend(NewExpiry());
        if (fragment.IsLast && !target.DeferCommit)
            return await PublishSessionAsync(http, live, target, GraphQuery.None);
        await GraphReply.WriteAsync(http, 202, Describe(live.Rules, withAddress: false));
        return null;
    }

    /// <summary>An empty POST to an upload address publishes what was deferred, on drives of organizations.</summary>
    public async Task<GraphError?> CommitAsync(HttpContext http, string token)
    {
        if (Find(token) is not { } live)
            return GraphError.SessionNotFound;
        using var turn = await live.EnterAsync(http.RequestAborted);
        if (live.Rules.Target.Parent.Drive.Kind == GraphDriveKind.Personal)
            return GraphError.Invalid("Personal drives publish a session by a request with its sourceUrl.");
        return live.Rules.IsComplete
            ? await PublishSessionAsync(http, live, live.Rules.Target, GraphQuery.None)
            : GraphError.Invalid("The session has not received all bytes yet.", "uploadSessionIncomplete");
    }

    public string WatchCopy(string itemId, int steps)
    {
        lock (_gate)
        {
            var id = Ids.Random(24);
            _copies[id] = new CopyWatch(itemId, steps);
            return id;
        }
    }

    public async Task<GraphError?> CopyStatusAsync(HttpContext http, string id)
    {
        CopyWatch? watch;
        lock (_gate)
            if (_copies.TryGetValue(id, out watch))
                _copies[id] = watch with { Steps = Math.Max(0, watch.Steps - 1) };
        if (watch is null)
            return GraphError.NotFound;
        var done = watch.Steps == 0;
        await GraphReply.WriteAsync(http, done ? 200 : 202, new JsonObject
        {
            ["operation"] = "itemCopy",
            ["percentageComplete"] = done ? 100 : 50,
            ["status"] = done ? "completed" : "inProgress",
            ["resourceId"] = done ? watch.ItemId : null,
        });
        return null;
    }

    public void ExpireAll()
    {
        lock (_gate)
            foreach (var live in _sessions.Values)
                live.Rules.Extend(DateTimeOffset.MinValue);
    }

    public void Reset()
    {
        ExpireAll();
        lock (_gate)
        {
            RemoveExpired();
            _copies.Clear();
        }
    }

    private GraphContentWriter NewWriter() => new(state.Context.Content.NewPath(), state.Context.Options.Sink);

    private DateTimeOffset NewExpiry() => state.Clock.GetUtcNow().AddSeconds(state.Switches.Number(GraphSwitches.SessionSeconds));

    private LiveSession? Find(string token)
    {
        lock (_gate)
        {
            RemoveExpired();
            return _sessions.GetValueOrDefault(token);
        }
    }

    private void RemoveExpired()
    {
        var now = state.Clock.GetUtcNow();
        foreach (var live in _sessions.Values.Where(live => live.Rules.HasExpired(now)).ToList())
        {
            _sessions.Remove(live.Rules.Token);
            live.Drop();
        }
    }

    /// <summary>The caller has the session's turn; the bytes go when it leaves.</summary>
    private void Remove(LiveSession live)
    {
        lock (_gate)
            _sessions.Remove(live.Rules.Token);
        live.IsGone = true;
    }

    private async Task<GraphError?> PublishSessionAsync(HttpContext http, LiveSession live, GraphUploadTarget target, GraphQuery query)
    {
        // The bytes stay in the session when the name is taken: a request with the sourceUrl can still publish them.
        if (live.IsGone)
            return GraphError.SessionNotFound;
        if (target.Parent.Drive.RefuseUpload(target.Parent, target.Name, target.Conflict, target.IfMatch, live.Rules.Offset) is { } refusal)
            return refusal;
        var error = await PublishAsync(http, target, live.Writer, query);
        Remove(live);
        return error;
    }

    private async Task<GraphError?> PublishAsync(HttpContext http, GraphUploadTarget target, GraphContentWriter writer, GraphQuery query)
    {
        var drive = target.Parent.Drive;
        var hash = writer.QuickXor.Copy();
        var content = writer.Finish(state.Clock.GetUtcNow());
        var put = drive.PutFile(target.Parent, target.Name, content, target.Conflict, target.Times, target.IfMatch);
        if (put.Item is null)
        {
            content.Data.Release();
            return put.Error;
        }

        // The answer still shows the bytes as they were sent.
        var answer = state.View.Item(put.Item, query);
        if (state.Switches.IsOn(GraphSwitches.RewriteOfficeFiles) && drive.Kind != GraphDriveKind.Personal && IsOffice(put.Item.Name))
            drive.Rewrite(put.Item, Rewritten(content, hash));
        await GraphReply.WriteAsync(http, put.Created ? 201 : 200, answer);
        return null;
    }

    private static bool IsOffice(string name) => OfficeEndings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);

    private GraphContent Rewritten(GraphContent content, QuickXorHash hash)
    {
        var added = System.Text.Encoding.UTF8.GetBytes($"<!-- properties {Ids.Random(32)} -->");
        hash.Append(added);
        var data = new RewrittenContent(content.Data, added) { Hashes = content.Data.Hashes };
        return new GraphContent(data, hash.ToBase64(), null, null, state.Clock.GetUtcNow());
    }

    private JsonObject Describe(GraphUploadSession session, bool withAddress = true)
    {
        var json = new JsonObject();
        if (withAddress)
            json["uploadUrl"] = $"{state.ContentBase}/upload/{session.Token}";
        json["expirationDateTime"] = GraphView.Time(session.Expires);
        json["nextExpectedRanges"] = session.IsComplete ? new JsonArray() : new JsonArray($"{session.Offset}-");
        return json;
    }

    private sealed record CopyWatch(string ItemId, int Steps);
}
