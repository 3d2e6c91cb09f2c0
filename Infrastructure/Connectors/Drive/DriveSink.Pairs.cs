using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>
/// A side of a pair. Removed files are in Drive's trash, and replaced ones are earlier revisions. Drive supports no conditional requests,
/// so a file is queried right before it is changed.
/// </summary>
internal sealed partial class DriveSink
{
    private const int MostLevels = 200;

    private static StorageFault Other => new(FaultKind.Taken, "Another item has this name now.");

    private static StorageFault Trashed =>
        new(FaultKind.Taken, "The file or its folder was moved to the trash while its content was being sent.");

    public async Task<StorageFault?> RemoveAsync(SinkEntry seen, CancellationToken cancellationToken)
    {
        var now = await SeenAsync(seen, cancellationToken);
        if (!now.Ok)
            return now.Fault.Kind == FaultKind.Gone ? null : now.Fault;
        if (seen.Kind == StorageItemKind.Folder && await ContentFaultAsync(seen.Id, cancellationToken) is { } used)
            return used;

        var removed = await UpdateAsync(seen.Id, new JsonObject { ["trashed"] = true }, cancellationToken);
        if (!removed.Ok)
            return removed.Fault.Kind == FaultKind.Gone ? null : removed.Fault;
        if (Is(removed.Value.Json, seen))
            return null;
        // It was changed between the query and the request.
        var back = await UpdateAsync(seen.Id, new JsonObject { ["trashed"] = false }, cancellationToken);
        return back.Ok ? Other : back.Fault;
    }

    public async Task<Outcome<SinkEntry>> MoveAsync(SinkEntry seen, string folder, string name, CancellationToken cancellationToken)
    {
        var now = await SeenAsync(seen, cancellationToken);
        if (!now.Ok)
            return now.Fault;
        var there = await FindAsync(folder, name, cancellationToken);
        if (!there.Ok)
            return there.Fault;
        if (there.Value.Count > 0)
            return Other;
        var parent = DriveItems.ParentOf(now.Value.Json);
        var moves = parent == folder
            ? Array.Empty<(string, string)>()
            : [("addParents", folder), ("removeParents", parent ?? "")];
        var moved = await UpdateAsync(seen.Id, new JsonObject { ["name"] = name }, cancellationToken, moves);
        return moved.Ok ? DriveItems.ToSink(moved.Value.Json) : moved.Fault;
    }

    /// <summary>Returns the object, if it has the version that was seen and is not in the trash.</summary>
    private async Task<Outcome<JsonBox>> SeenAsync(SinkEntry seen, CancellationToken cancellationToken)
    {
        var now = await GetAsync(seen.Id, cancellationToken);
        if (!now.Ok)
            return now.Fault;
        if (DriveItems.IsTrashed(now.Value.Json))
            return new StorageFault(FaultKind.Gone, "It is in the trash.");
        return Is(now.Value.Json, seen) ? now : Other;
    }

    private static bool Is(JsonElement file, SinkEntry seen)
    {
        var now = DriveItems.ToSink(file);
        return now.Kind == seen.Kind && (seen.Kind == StorageItemKind.Folder || now.Pin == seen.Pin);
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
        var json = now.Value.Json;
        return DriveItems.Text(json, "name") == file.Name && DriveItems.ParentOf(json) == file.Folder ? null : Other;
    }

    /// <summary>
    /// Drive accepts content for a file in the trash, and new files below a folder in the trash. The trash of a folder reaches its items
    /// later, so every folder above the file is queried.
    /// </summary>
    public async Task<StorageFault?> PlaceFaultAsync(SinkEntry made, SinkFile file, CancellationToken cancellationToken)
    {
        var id = made.Id;
        for (var level = 0; level < MostLevels; level++)
        {
            var now = await GetAsync(id, cancellationToken);
            // Folders above a shared one are not visible.
            if (!now.Ok)
                return now.Fault.Kind is not (FaultKind.Gone or FaultKind.Refused) ? now.Fault : level < 2 ? Trashed : null;
            if (DriveItems.IsTrashed(now.Value.Json))
                return Trashed;
            if (DriveItems.ParentOf(now.Value.Json) is not { } parent)
                return null;
            id = parent;
        }

        return null;
    }

    /// <summary>Returns <c>null</c> if the folder is empty.</summary>
    private async Task<StorageFault?> ContentFaultAsync(string folder, CancellationToken cancellationToken)
    {
        var answer = await client.JsonAsync(
            "files.list", HttpMethod.Get,
            client.Files("", ("q", $"'{DriveSource.Escaped(folder)}' in parents and trashed = false"), ("pageSize", "1"),
                ("fields", "files(id)"), ("supportsAllDrives", "true"), ("includeItemsFromAllDrives", "true")),
            cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Json.TryGetProperty("files", out var files) || files.ValueKind != JsonValueKind.Array)
            return new StorageFault(FaultKind.Transient, "Google Drive sent a list that cannot be read.");
        return files.GetArrayLength() > 0 ? Other : null;
    }

    private Task<Outcome<JsonBox>> UpdateAsync(
        string id, JsonObject body, CancellationToken cancellationToken, params ReadOnlySpan<(string Name, string Value)> query)
    {
        var address = client.Files(
            "/" + Uri.EscapeDataString(id), [("fields", DriveItems.Fields), ("supportsAllDrives", "true"), .. query]);
        return client.JsonAsync("files.update", HttpMethod.Patch, address, JsonSerializer.SerializeToUtf8Bytes(body), cancellationToken);
    }
}
