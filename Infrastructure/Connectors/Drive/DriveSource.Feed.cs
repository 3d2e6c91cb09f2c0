using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Drive's feed of changes: one for the account, and one for each shared drive.</summary>
internal sealed partial class DriveSource
{
    private const string ListChanges = "changes.list";

    // A position is the number of a change, with the id of a shared drive and a space before it if it belongs to one.
    public async Task<Outcome<string>> PositionAsync(string root, CancellationToken cancellationToken)
    {
        var found = await client.JsonAsync(
            "files.get", HttpMethod.Get,
            client.Files("/" + Uri.EscapeDataString(root), ("fields", "driveId"), ("supportsAllDrives", "true")), cancellationToken);
        if (!found.Ok)
            return found.Fault;
        var drive = DriveItems.Text(found.Value.Json, "driveId") ?? "";
        var answer = await client.JsonAsync(
            "changes.getStartPageToken", HttpMethod.Get,
            client.Address("/drive/v3/changes/startPageToken", ("supportsAllDrives", "true"), ("driveId", drive)), cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        return DriveItems.Text(answer.Value.Json, "startPageToken") is { Length: > 0 } token ? $"{drive} {token}" : Odd;
    }

    public async Task<Outcome<ChangedPage>> ChangesAsync(string position, CancellationToken cancellationToken)
    {
        if (position.Split(' ') is not [var drive, var token])
            return new StorageFault(FaultKind.Refused, "This is not a position in Google Drive's changes.");
        const string fields = "nextPageToken,newStartPageToken,changes(fileId,file(parents))";
        var answer = await client.JsonAsync(
            ListChanges, HttpMethod.Get,
            client.Address("/drive/v3/changes", ("pageToken", token), ("pageSize", $"{PageSize}"), ("fields", fields),
                ("includeRemoved", "true"), ("supportsAllDrives", "true"), ("includeItemsFromAllDrives", "true"), ("driveId", drive)),
            cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json;
        if (!json.TryGetProperty("changes", out var changes) || changes.ValueKind != JsonValueKind.Array)
            return Odd;
        if (AnswerLimits.CountFault(changes, PageSize) is { } tooMany)
            return tooMany;
        var more = DriveItems.Text(json, "nextPageToken");
        if ((more ?? DriveItems.Text(json, "newStartPageToken")) is not { Length: > 0 } next)
            return Odd;
        return new ChangedPage(
            [.. changes.EnumerateArray().Select(change => new ChangedItem(
                DriveItems.Text(change, "fileId") ?? "",
                change.TryGetProperty("file", out var file) && file.ValueKind == JsonValueKind.Object ? DriveItems.ParentOf(file) : null))],
            $"{drive} {next}", more is not null);
    }

    private static StorageFault Odd { get; } = new(FaultKind.Transient, "Google Drive sent changes that cannot be read.");
}
