using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>
/// Writes to OneDrive and SharePoint with upload sessions. Ids cannot be created in advance, so a file of an earlier attempt is found by
/// its name, size and time. A file that may belong to someone else has no <see cref="SinkEntry.Pin"/> and is never removed.
/// </summary>
internal sealed partial class GraphSink(GraphClient client) : IFollowingSink, IInsideSink
{
    private const string ConflictName = "@microsoft.graph.conflictBehavior";

    /// <summary>The session of an empty file, which upload sessions do not support.</summary>
    private const string EmptyFile = "empty";

    private static readonly TimeSpan NewSessionPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OpenSessionPause = TimeSpan.FromMinutes(5);

    public SinkTraits Traits { get; } = new(320 << 10, 55 << 20, Ids: false, [DigestKind.QuickXor, DigestKind.Sha256])
    {
        FoldsNames = true,
        NameOf = GraphNames.NameOf,
        RefusalOf = GraphNames.RefusalOf,
        MayRewrite = GraphItems.MayBeRewritten,
    };

    public Task<Outcome<IReadOnlyList<string>>> NewIdsAsync(int count, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<IReadOnlyList<string>>>(Array.Empty<string>());

    public string PlaceOf(string folder) => $"onedrive {GraphId.Parse(folder)?.Normal ?? folder}";

    public async Task<Outcome<IReadOnlyList<SinkEntry>>> FindAsync(string folder, string name, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(folder) is not { } parent)
            return Gone;
        var found = await EntryAsync(GraphClient.FindName, HttpMethod.Get, parent.Child(name), parent.Drive, cancellationToken);
        return found.Ok ? new[] { found.Value }
            : found.Fault.Kind == FaultKind.Gone ? Array.Empty<SinkEntry>()
            : found.Fault;
    }

    public async Task<Outcome<SinkEntry>> MakeFolderAsync(string folder, string name, string? id, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(folder) is not { } parent)
            return Gone;
        var made = await MakeAsync("fail");
        if (made.Ok || made.Fault.Kind != FaultKind.Taken)
            return made;
        var there = await FindAsync(folder, name, cancellationToken);
        if (!there.Ok)
            return there.Fault;
        return there.Value is [{ Kind: StorageItemKind.Folder } existing] ? existing : await MakeAsync("rename");

        async Task<Outcome<SinkEntry>> MakeAsync(string conflict)
        {
            var body = new JsonObject { ["name"] = name, ["folder"] = new JsonObject(), [ConflictName] = conflict };
            return EntryOf(
                await client.JsonAsync("folder.create", HttpMethod.Post, parent.Path + "/children", body, cancellationToken), parent.Drive);
        }
    }

    public Task<Outcome<SinkEntry>> StatAsync(string id, CancellationToken cancellationToken) => GraphId.Parse(id) is { } item
        ? EntryAsync("item.get", HttpMethod.Get, item.Path, item.Drive, cancellationToken)
        : Task.FromResult<Outcome<SinkEntry>>(Gone);

    public async Task<Outcome<SinkSession>> BeginAsync(SinkFile file, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(file.Folder) is not { } parent || (file.Replaces is { } id && GraphId.Parse(id) is null))
            return Gone;
        if (file.Size == 0)
            return new SinkSession(EmptyFile, null);
        var begun = await BeginAsync(file, Place(file, parent), file.Name, cancellationToken);
        if (begun.Ok || begun.Fault.Kind != FaultKind.Taken)
            return begun;

        // Drives of organizations allow one open session per name and do not return its address; a session left by a kill expires.
        if (file.Replaces is not null || file.Condition is not null)
            return new StorageFault(FaultKind.Transient, "Another upload of this file is open.") { After = OpenSessionPause };
        // The file has a temporary name until it is complete.
        var other = $"~{Guid.NewGuid():n}{Path.GetExtension(file.Name)}";
        return await BeginAsync(file, parent.Child(other), other, cancellationToken);
    }

    public async Task<Outcome<SinkProgress>> PutAsync(
        string session, SinkFile file, long offset, IPiece piece, CancellationToken cancellationToken)
    {
        if (session == EmptyFile)
            return await PutEmptyAsync(file, cancellationToken);
        // The last piece creates the file.
        if (offset + piece.Length == file.Size && await ConditionFaultAsync(file, cancellationToken) is { } other)
            return other;
        var (address, _) = Read(session);
        var answer = await client.SendPieceAsync(address, offset, file.Size, piece, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        switch (answer.Value.Status)
        {
            // It already has a part of these bytes, or expects others: query its offset.
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                return await QueryAsync(session, file, cancellationToken);
            // The name was taken in the meantime. All bytes are stored and can be published under another name.
            case HttpStatusCode.Conflict when file.Condition is not null:
                return Other;
            case HttpStatusCode.Conflict when offset + piece.Length == file.Size:
                var committed = await CommitAsync(session, file, cancellationToken);
                return committed.Ok ? new SinkProgress(file.Size, committed.Value) : committed.Fault;
            // A session that was just created may be unknown for some seconds.
            case HttpStatusCode.NotFound when offset == 0:
                return new StorageFault(FaultKind.Transient, "OneDrive does not know the new upload yet.") { After = NewSessionPause };
            default:
                return await ProgressOfAsync(answer.Value, session, file, cancellationToken);
        }
    }

    public async Task<Outcome<SinkProgress>> QueryAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (session == EmptyFile)
            return new SinkProgress(0, null);
        var answer = await client.SessionAsync("upload.query", HttpMethod.Get, Read(session).Address, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var progress = await ProgressOfAsync(answer.Value, session, file, cancellationToken);
        if (progress.Ok || progress.Fault.Kind != FaultKind.SessionLost)
            return progress;
        // The session has also ended if the file was created and only the response was lost.
        var made = await MadeAsync(session, file, cancellationToken);
        if (!made.Ok)
            return made.Fault.Kind == FaultKind.Gone ? progress.Fault : made.Fault;
        return new SinkProgress(file.Size, made.Value);
    }

    /// <summary>Publishes a complete session under its name, if the last piece could not.</summary>
    public async Task<Outcome<SinkEntry>> CommitAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(file.Folder) is not { } parent)
            return Gone;
        var body = new JsonObject
        {
            ["name"] = file.Name,
            [ConflictName] = file.Replaces is null ? "rename" : "replace",
            ["@microsoft.graph.sourceUrl"] = Read(session).Address,
        };
        var made = EntryOf(await client.JsonAsync("upload.commit", HttpMethod.Put, parent.Path, body, cancellationToken), parent.Drive);
        if (made.Ok)
            return await AsItIsAsync(made.Value, cancellationToken);
        if (made.Fault.Kind is not (FaultKind.Gone or FaultKind.SessionLost))
            return made.Fault;
        var earlier = await MadeAsync(session, file, cancellationToken);
        return earlier.Ok || earlier.Fault.Kind != FaultKind.Gone
            ? earlier
            : new StorageFault(FaultKind.SessionLost, "OneDrive does not know the upload any more; it starts again.");
    }

    public async Task AbortAsync(string session, CancellationToken cancellationToken)
    {
        if (session != EmptyFile)
            _ = await client.SessionAsync("upload.abort", HttpMethod.Delete, Read(session).Address, cancellationToken);
    }

    public async Task<StorageFault?> DiscardAsync(SinkEntry made, CancellationToken cancellationToken)
    {
        if (made.Pin is null || GraphId.Parse(made.Id) is not { } id)
            return null;
        var answer = await client.JsonAsync("item.delete", HttpMethod.Delete, id.Path, cancellationToken);
        return answer.Fault;
    }

    private static StorageFault Gone { get; } =
        new(FaultKind.Gone, "OneDrive has no such folder, or it is not shared with this account any more.");

    private static string Place(SinkFile file, GraphId parent) =>
        file.Replaces is { } replaces && GraphId.Parse(replaces) is { } id ? id.Path : parent.Child(file.Name);

    /// <summary>Parses the address of a session and, if any, the temporary name of the file.</summary>
    private static (string Address, string? Name) Read(string session) =>
        session.Split('\n') is [var address, var name] ? (address, name) : (session, null);

    private async Task<Outcome<SinkSession>> BeginAsync(SinkFile file, string place, string name, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(whole: true);
        // Some accounts do not accept size and times.
        if (answer.Value is { Status: HttpStatusCode.BadRequest })
            answer = await AskAsync(whole: false);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Succeeded)
            return client.FaultOf(answer.Value, session: false);
        if (answer.Value.Json() is not { } json || GraphItems.Text(json, "uploadUrl") is not { } address)
            return new StorageFault(FaultKind.Transient, "OneDrive returned no address for an upload.");
        DateTimeOffset? ends = DateTimeOffset.TryParse(
            GraphItems.Text(json, "expirationDateTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
        return new SinkSession(name == file.Name ? address : $"{address}\n{name}", ends);

        Task<Outcome<ShortAnswer>> AskAsync(bool whole)
        {
            var item = new JsonObject { [ConflictName] = file.Replaces is null ? "fail" : "replace" };
            if (file.Replaces is null)
                item["name"] = name;
            if (whole)
                item["fileSize"] = file.Size;
            if (whole && file.Modified is { } modified)
                item["fileSystemInfo"] = Times(modified);
            return client.AskAsync(
                "upload.begin", HttpMethod.Post, client.Address(place + "/createUploadSession"), new JsonObject { ["item"] = item },
                cancellationToken);
        }
    }

    private async Task<Outcome<SinkProgress>> PutEmptyAsync(SinkFile file, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(file.Folder) is not { } parent)
            return Gone;
        if (await ConditionFaultAsync(file, cancellationToken) is { } other)
            return other;
        var place = Place(file, parent);
        var made = await PutAsync(file.Replaces is null ? "fail" : "replace");
        if (made.Fault is { Kind: FaultKind.Taken } && file.Condition is null)
        {
            // An earlier attempt may have created it. All empty files are equal.
            var there = await FindAsync(file.Folder, file.Name, cancellationToken);
            if (!there.Ok)
                return there.Fault;
            made = there.Value is [{ Kind: StorageItemKind.File, Size: 0 } same] ? same with { Pin = null } : await PutAsync("rename");
        }

        if (!made.Ok)
            return made.Fault;
        if (file.Modified is not { } modified || GraphId.Parse(made.Value.Id) is not { } id)
            return new SinkProgress(0, made.Value);
        var body = new JsonObject { ["fileSystemInfo"] = Times(modified) };
        var timed = EntryOf(await client.JsonAsync("item.update", HttpMethod.Patch, id.Path, body, cancellationToken), id.Drive);
        // A failure to set the time does not make the file invalid.
        return timed.Ok ? new SinkProgress(0, timed.Value)
            : timed.Fault.Kind == FaultKind.Refused ? new SinkProgress(0, made.Value)
            : timed.Fault;

        Task<Outcome<SinkEntry>> PutAsync(string conflict) => EntryAsync(
            "item.put", HttpMethod.Put, $"{place}/content?{ConflictName}={conflict}", parent.Drive, cancellationToken);
    }

    private async Task<Outcome<SinkProgress>> ProgressOfAsync(
        ShortAnswer answer, string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (!answer.Succeeded)
            return client.FaultOf(answer, session: true);
        if (answer.Json() is not { } json)
            return GraphClient.Unreadable;
        if (json.TryGetProperty("nextExpectedRanges", out var ranges) && ranges.ValueKind == JsonValueKind.Array)
        {
            // There may be several ranges, and not always all of them; pieces are sent in order, so the first one is used.
            var starts = new List<long>();
            foreach (var range in ranges.EnumerateArray())
            {
                if (!long.TryParse(range.GetString()?.Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var start))
                    return GraphClient.Unreadable;
                starts.Add(start);
            }

            return new SinkProgress(starts.Count == 0 ? file.Size : starts.Min(), null);
        }

        if (GraphItems.ToSink(json, GraphId.Parse(file.Folder)?.Drive ?? "") is not { Name.Length: > 0 } made)
            return GraphClient.Unreadable;
        var named = await NamedAsync(made, session, file, cancellationToken);
        if (!named.Ok)
            return named.Fault;
        var entry = await AsItIsAsync(named.Value, cancellationToken);
        return entry.Ok ? new SinkProgress(file.Size, entry.Value) : entry.Fault;
    }

    /// <summary>Renames a file that was uploaded with a temporary name.</summary>
    private async Task<Outcome<SinkEntry>> NamedAsync(
        SinkEntry made, string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (Read(session).Name is null || GraphId.Parse(made.Id) is not { } id)
            return made;
        var body = new JsonObject { ["name"] = file.Name, [ConflictName] = "rename" };
        return EntryOf(await client.JsonAsync("item.rename", HttpMethod.Patch, id.Path, body, cancellationToken), id.Drive);
    }

    /// <summary>Queries the current state of a file, because SharePoint changes files of some kinds after its response.</summary>
    private async Task<Outcome<SinkEntry>> AsItIsAsync(SinkEntry made, CancellationToken cancellationToken)
    {
        if (!GraphItems.MayBeRewritten(made))
            return made;
        var now = await StatAsync(made.Id, cancellationToken);
        return now.Ok ? now : made;
    }

    /// <summary>
    /// Returns the file that an earlier attempt has completed although its response was lost, or <see cref="FaultKind.Gone"/> if there is
    /// none. Its digest is compared like any other; if it is a different file, it is kept.
    /// </summary>
    private async Task<Outcome<SinkEntry>> MadeAsync(string session, SinkFile file, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(file.Folder) is not { } parent)
            return Gone;
        if (Read(session).Name is { } name)
        {
            var unnamed = await EntryAsync(GraphClient.FindName, HttpMethod.Get, parent.Child(name), parent.Drive, cancellationToken);
            if (unnamed.Ok)
                return await NamedAsync(unnamed.Value, session, file, cancellationToken);
            if (unnamed.Fault.Kind != FaultKind.Gone)
                return unnamed.Fault;
        }

        var found = await EntryAsync(GraphClient.FindName, HttpMethod.Get, Place(file, parent), parent.Drive, cancellationToken);
        if (!found.Ok)
            return found.Fault;
        var there = found.Value;
        var isSame = there.Kind == StorageItemKind.File && (there.Size == file.Size || GraphItems.MayBeRewritten(there))
            && (file.Modified is not { } modified || there.Modified is not { } at || (at - modified).Duration() < TimeSpan.FromSeconds(1));
        return isSame ? there with { Pin = null } : Gone;
    }

    private async Task<Outcome<SinkEntry>> EntryAsync(
        string operation, HttpMethod method, string path, string drive, CancellationToken cancellationToken) =>
        EntryOf(await client.JsonAsync(operation, method, path, cancellationToken), drive);

    private static Outcome<SinkEntry> EntryOf(Outcome<GraphJson> answer, string drive) =>
        !answer.Ok ? answer.Fault
        : GraphItems.ToSink(answer.Value.Json, drive) is { Name.Length: > 0 } entry ? entry
        : GraphClient.Unreadable;

    private static JsonObject Times(DateTimeOffset modified) => new() { ["lastModifiedDateTime"] = GraphItems.TimeText(modified) };
}
