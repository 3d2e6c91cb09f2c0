using System.Net;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>Copies files within OneDrive: starts a copy and polls until it is complete.</summary>
internal sealed partial class GraphSink
{
    private static readonly TimeSpan LongestCopy = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastLook = TimeSpan.FromSeconds(5);

    public async Task<Outcome<SinkEntry>?> CopyInsideAsync(SourceItem found, SinkFile file, CancellationToken cancellationToken)
    {
        if (file.Replaces is not null || GraphId.Parse(found.Id) is not { } from
            || GraphId.Parse(file.Folder) is not { Drive.Length: > 0 } parent)
            return null;
        var body = new JsonObject
        {
            ["name"] = file.Name,
            ["parentReference"] = new JsonObject { ["driveId"] = parent.Drive, ["id"] = parent.Item },
        };
        var asked = await client.AskAsync(
            "item.copy", HttpMethod.Post, client.Address($"{from.Path}/copy?{ConflictName}=fail"), body, cancellationToken);
        if (!asked.Ok)
            return asked.Fault;
        if (asked.Value.Status == HttpStatusCode.Conflict)
            return await EarlierAsync(found, file, cancellationToken);
        if (!asked.Value.Succeeded)
        {
            var fault = client.FaultOf(asked.Value, session: false);
            if (fault.Kind is FaultKind.Refused or FaultKind.Gone)
                return null;
            return fault;
        }

        if (asked.Value.Headers.Location is not { IsAbsoluteUri: true } monitor)
            return null;
        var copied = await WatchAsync(monitor, cancellationToken);
        if (copied is not { } watched)
            return null;
        if (!watched.Ok)
            return watched.Fault;
        var made = new GraphId(parent.Drive, watched.Value);
        if (file.Modified is not { } modified)
            return await StatAsync(made.ToString(), cancellationToken);
        return EntryOf(
            await client.JsonAsync(
                "item.update", HttpMethod.Patch, made.Path, new JsonObject { ["fileSystemInfo"] = Times(modified) }, cancellationToken),
            parent.Drive);
    }

    /// <summary>Returns a copy with this name and content that an earlier attempt has created although its response was lost.</summary>
    private async Task<Outcome<SinkEntry>?> EarlierAsync(SourceItem found, SinkFile file, CancellationToken cancellationToken)
    {
        var there = await FindAsync(file.Folder, file.Name, cancellationToken);
        if (!there.Ok)
            return there.Fault;
        if (there.Value is [{ Kind: StorageItemKind.File } one] && one.Size == found.Size
            && found.Digests.Any(digest => one.Digests.GetValueOrDefault(digest.Key) == digest.Value))
            return one;
        return null;
    }

    /// <returns>The id of the copy; <c>null</c> if OneDrive has not created one.</returns>
    private async Task<Outcome<string>?> WatchAsync(Uri monitor, CancellationToken cancellationToken)
    {
        var pause = FirstLook;
        for (var waited = TimeSpan.Zero; waited < LongestCopy; waited += pause)
        {
            var answer = await client.SessionAsync("item.copy.watch", HttpMethod.Get, monitor.AbsoluteUri, cancellationToken);
            if (!answer.Ok)
                return answer.Fault;
            if (!answer.Value.Succeeded)
                return client.FaultOf(answer.Value, session: false);
            if (answer.Value.Json() is not { } json)
                return GraphClient.Unreadable;
            switch (GraphItems.Text(json, "status"))
            {
                case "completed" when GraphItems.Text(json, "resourceId") is { Length: > 0 } id:
                    return id;
                case "completed" or "failed" or "cancelled":
                    return null;
            }

            await Task.Delay(pause, cancellationToken);
            pause = pause * 2 < LastLook ? pause * 2 : LastLook;
        }

        return new StorageFault(FaultKind.Transient, "OneDrive has not finished a copy in half an hour.");
    }
}
