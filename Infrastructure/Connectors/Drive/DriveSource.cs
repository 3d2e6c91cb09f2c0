using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Reads from Google Drive. The head revision is pinned, so a concurrent edit does not affect the copy.</summary>
internal sealed partial class DriveSource(DriveClient client, TransferOptions options) : IVersionSource, IChangeFeed
{
    /// <summary>The id that stands for the roots of an account.</summary>
    public const string Roots = "";

    private const string Storage = "Google Drive";
    private const string SharedWithMe = "shared-with-me";
    private const int PageSize = 1000;
    private const int MostDrives = 100;

    // An export has no size and no ranges, and Drive exports at most 10 MB, so it is read once and cached for its pieces.
    private (string Id, byte[] Bytes)? _exported;

    public SourceTraits Traits { get; } = new([DigestKind.Sha256, DigestKind.Md5]) { HasIdentities = true };

    // The response is the same for permanently deleted objects and for those no longer shared with the account.
    public bool MayBeHidden(string id) => true;

    public async Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken)
    {
        if (folder == Roots)
            return await RootsAsync(cancellationToken);
        var query = folder == SharedWithMe
            ? "sharedWithMe = true and trashed = false"
            : $"'{Escaped(folder)}' in parents and trashed = false";
        var fields = $"nextPageToken,incompleteSearch,files({DriveItems.Fields})";
        var address = client.Files(
            "", ("q", query), ("pageSize", $"{PageSize}"), ("fields", fields), ("supportsAllDrives", "true"),
            ("includeItemsFromAllDrives", "true"), ("pageToken", cursor ?? ""));
        var answer = await client.JsonAsync("files.list", HttpMethod.Get, address, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json;
        if (json.TryGetProperty("incompleteSearch", out var incomplete) && incomplete.ValueKind == JsonValueKind.True)
            return new StorageFault(FaultKind.Transient, "Google Drive could not list all of a folder.");
        if (!json.TryGetProperty("files", out var files) || files.ValueKind != JsonValueKind.Array)
            return new StorageFault(FaultKind.Transient, "Google Drive sent a list that cannot be read.");
        if (AnswerLimits.CountFault(files, PageSize) is { } tooMany)
            return tooMany;
        return new SourcePage(
            [.. files.EnumerateArray().Select(file => DriveItems.ToSource(file, options))], DriveItems.Text(json, "nextPageToken"));
    }

    /// <summary>Returns the version without the digest of an export, because no two exports are the same.</summary>
    public string? VersionOf(string? pin) =>
        pin is not null && pin.StartsWith(DriveItems.ExportPin, StringComparison.Ordinal)
        && pin.IndexOf(' ', DriveItems.ExportPin.Length) is > 0 and var end
            ? pin[..end]
            : pin;

    public async Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken)
    {
        var found = await FindAsync(id, cancellationToken);
        if (!found.Ok || found.Value is not { Detail: "export", Skip: null } item)
            return found;
        return await ExportAsync(item, cancellationToken) is { } fault
            ? fault.Kind == FaultKind.Refused ? item with { Skip = "It is too large to be exported." } : fault
            : item with
            {
                Size = _exported!.Value.Bytes.Length,
                // Two exports of one version need not have the same bytes.
                Pin = $"{item.Pin} {Convert.ToHexStringLower(SHA256.HashData(_exported.Value.Bytes))}",
            };
    }

    public async Task<Outcome<SourceItem>> FindAsync(string id, CancellationToken cancellationToken)
    {
        var answer = await client.JsonAsync(
            "files.get", HttpMethod.Get,
            client.Files("/" + Uri.EscapeDataString(id), ("fields", DriveItems.Fields), ("supportsAllDrives", "true")), cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var item = DriveItems.ToSource(answer.Value.Json, options);
        if (item.Skip is null && DriveItems.TargetOf(answer.Value.Json) is { } target && target != id)
        {
            // Shortcuts to shortcuts are skipped, so this recursion ends.
            var led = await FindAsync(target, cancellationToken);
            return led is { Ok: false, Fault.Kind: FaultKind.Gone } ? item with { Skip = DriveItems.GoneTarget } : led;
        }

        return item;
    }

    public async Task<StorageFault?> ReadAsync(
        SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        if (item.Detail == "export")
        {
            if (_exported is not { } exported || exported.Id != item.Id || offset + length > exported.Bytes.Length)
                return new StorageFault(FaultKind.SourceChanged, "The document was changed while it was read.");
            _ = await into.WriteAsync(exported.Bytes.AsMemory((int)offset, (int)length), cancellationToken);
            return null;
        }

        var path = "/" + Uri.EscapeDataString(item.Id)
            + (item.Detail == "revision" ? "/revisions/" + Uri.EscapeDataString(item.Pin!) : "");
        var opened = await client.OpenAsync(
            "files.download", client.Files(path, ("alt", "media"), ("supportsAllDrives", "true")),
            new RangeHeaderValue(offset, offset + length - 1), cancellationToken);
        if (!opened.Ok)
        {
            return opened.Fault.Kind == FaultKind.Gone
                ? new StorageFault(FaultKind.SourceChanged, "Google Drive does not have this version any more.")
                : opened.Fault;
        }

        using var answer = opened.Value;
        return PartAnswer.Fault(answer, item, offset, length, Storage)
            ?? await PartAnswer.CopyAsync(answer, length, into, Storage, cancellationToken);
    }

    public async Task<Outcome<SourceItem>> EarlierAsync(string id, string version, long size, CancellationToken cancellationToken)
    {
        var answer = await client.JsonAsync(
            "revisions.get", HttpMethod.Get,
            client.Files($"/{Uri.EscapeDataString(id)}/revisions/{Uri.EscapeDataString(version)}", ("fields", "id,size")),
            cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        return DriveItems.Number(answer.Value.Json, "size") == size
            ? new SourceItem(id, "", StorageItemKind.File) { Size = size, Pin = version, Detail = "revision" }
            : new StorageFault(FaultKind.Gone, "Google Drive does not keep this version any more.");
    }

    private async Task<StorageFault?> ExportAsync(SourceItem item, CancellationToken cancellationToken)
    {
        var opened = await client.OpenAsync(
            "files.export", client.Files($"/{Uri.EscapeDataString(item.Id)}/export", ("mimeType", item.MediaType!)), null,
            cancellationToken);
        if (!opened.Ok)
            return opened.Fault;
        using var answer = opened.Value;
        try
        {
            _exported = (item.Id, (await ConnectorHttp.ReadAsync(answer, cancellationToken)).Body);
            return null;
        }
        catch (Exception reason) when (NetworkFaults.Of(reason) is { } broken)
        {
            return broken;
        }
    }

    private async Task<Outcome<SourcePage>> RootsAsync(CancellationToken cancellationToken)
    {
        var roots = new List<SourceItem>
        {
            new("root", "My Drive", StorageItemKind.Folder), new(SharedWithMe, "Shared with me", StorageItemKind.Folder),
        };
        var answer = await client.JsonAsync(
            "drives.list", HttpMethod.Get, client.Address("/drive/v3/drives", ("pageSize", $"{MostDrives}"), ("fields", "drives(id,name)")),
            cancellationToken);
        // Accounts without shared drives may not query them.
        if (!answer.Ok && answer.Fault.Kind is not (FaultKind.Gone or FaultKind.Refused))
            return answer.Fault;
        if (answer.Ok && answer.Value.Json.TryGetProperty("drives", out var drives) && drives.ValueKind == JsonValueKind.Array)
        {
            if (AnswerLimits.CountFault(drives, MostDrives) is { } tooMany)
                return tooMany;
            roots.AddRange(drives.EnumerateArray().Select(drive => new SourceItem(
                DriveItems.Text(drive, "id") ?? "", DriveItems.Text(drive, "name") ?? "", StorageItemKind.Folder)));
        }

        return new SourcePage(roots, null);
    }

    internal static string Escaped(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", @"\'", StringComparison.Ordinal);
}
