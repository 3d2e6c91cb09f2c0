using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>
/// A side of a pair. Removed files are in the recycle bin, and replaced ones are earlier versions. Items are removed and moved on the
/// condition that their tag is unchanged.
/// </summary>
internal sealed partial class GraphSink
{
    private static StorageFault Other => new(FaultKind.Taken, "Another item has this name now.");

    public async Task<StorageFault?> RemoveAsync(SinkEntry seen, CancellationToken cancellationToken)
    {
        var now = await SeenAsync(seen, cancellationToken);
        if (!now.Ok)
            return now.Fault.Kind == FaultKind.Gone ? null : now.Fault;
        if (seen.Kind == StorageItemKind.Folder)
        {
            var content = await client.JsonAsync(
                "item.children", HttpMethod.Get, $"{now.Value.Id.Path}/children?$select=id&$top=1", cancellationToken);
            if (!content.Ok)
                return content.Fault.Kind == FaultKind.Gone ? null : content.Fault;
            if (!content.Value.Json.TryGetProperty("value", out var items) || items.ValueKind != JsonValueKind.Array)
                return GraphClient.Unreadable;
            if (items.GetArrayLength() > 0)
                return Other;
        }

        var removed = await ChangeAsync("item.delete", HttpMethod.Delete, seen, now.Value, null, cancellationToken);
        return removed.Ok || removed.Fault.Kind == FaultKind.Gone ? null : removed.Fault;
    }

    public async Task<Outcome<SinkEntry>> MoveAsync(SinkEntry seen, string folder, string name, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(folder) is not { } parent)
            return Gone;
        var now = await SeenAsync(seen, cancellationToken);
        if (!now.Ok)
            return now.Fault;
        var body = new JsonObject { ["name"] = name, [ConflictName] = "fail" };
        if (now.Value.Parent is not { } before || !before.IsSame(parent))
            body["parentReference"] = new JsonObject { ["id"] = parent.Item };
        return EntryOf(await ChangeAsync("item.move", HttpMethod.Patch, seen, now.Value, body, cancellationToken), now.Value.Id.Drive);
    }

    /// <summary>Changes an item that still has its tag; returns <see cref="FaultKind.Taken"/> if it has another one.</summary>
    private async Task<Outcome<GraphJson>> ChangeAsync(
        string operation, HttpMethod method, SinkEntry seen, SeenItem item, JsonObject? body, CancellationToken cancellationToken)
    {
        var address = client.Address(item.Id.Path);
        var answer = await client.AskAsync(operation, method, address, body, cancellationToken, item.Tag);
        if (answer.Value is { Status: HttpStatusCode.PreconditionFailed })
        {
            // Drives of organizations may also return this for the exact tag, so the item is queried again.
            var again = await SeenAsync(seen, cancellationToken);
            if (!again.Ok)
                return again.Fault;
            if (again.Value.Tag != item.Tag)
                return Other;
            answer = await client.AskAsync(operation, method, address, body, cancellationToken);
        }

        return client.JsonOf(answer);
    }

    /// <summary>Returns the item with its tag, if it has the version that was seen.</summary>
    private async Task<Outcome<SeenItem>> SeenAsync(SinkEntry seen, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(seen.Id) is not { } id)
            return Gone;
        var answer = await client.JsonAsync("item.get", HttpMethod.Get, id.Path, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json;
        var now = GraphItems.ToSink(json, id.Drive);
        return now.Kind == seen.Kind && (seen.Kind == StorageItemKind.Folder || now.Pin == seen.Pin)
            ? new SeenItem(id, now.Name, GraphItems.ParentOf(json, id.Drive), GraphItems.Text(json, "eTag"))
            : Other;
    }

    /// <summary>Returns why a file must not replace the existing one now; <c>null</c> if it may.</summary>
    private async Task<StorageFault?> ConditionFaultAsync(SinkFile file, CancellationToken cancellationToken)
    {
        if (file.Condition is not { } condition)
            return null;
        if (condition.Version is null || file.Replaces is not { } replaced)
        {
            var there = await FindAsync(file.Folder, file.Name, cancellationToken);
            return !there.Ok ? there.Fault : there.Value.Count > 0 ? Other : null;
        }

        var seen = new SinkEntry(replaced, file.Name, StorageItemKind.File) { Pin = condition.Version };
        var now = await SeenAsync(seen, cancellationToken);
        if (!now.Ok)
            return now.Fault.Kind == FaultKind.Gone ? Other : now.Fault;
        return now.Value.Name == file.Name && GraphId.Parse(file.Folder) is { } folder && IsIn(now.Value, folder) ? null : Other;
    }

    private static bool IsIn(SeenItem item, GraphId folder) => item.Parent is { } parent && parent.IsSame(folder);

    /// <param name="Tag">The tag of the item including its name and place.</param>
    private sealed record SeenItem(GraphId Id, string Name, GraphId? Parent, string? Tag);
}
