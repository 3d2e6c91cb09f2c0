using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Infrastructure.Outbound;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>
/// Reads from OneDrive and SharePoint. The tag of an item's content is the pinned version. It is compared whenever a new download address
/// is needed; if it has changed, the pinned version is read from the versions that organizations' drives keep.
/// </summary>
/// <param name="ownDrive">The id of the account's own drive, in the form in which it is compared; null if unknown.</param>
internal sealed partial class GraphSource(GraphClient client, TransferOptions options, string? ownDrive) : IVersionSource, IChangeFeed
{
    /// <summary>The id that stands for the drives of an account.</summary>
    public const string Roots = "";

    private const string Storage = "OneDrive";
    private const string SharedWithMe = "shared";
    private const string Site = "site:";

    private const int PageSize = 200;

    /// <summary>The size from which an additional request for the version number is worthwhile.</summary>
    private const long VersionFrom = 4 << 20;

    // The address of the item that is currently read. It is a credential, and expires after minutes.
    private (string Id, string Address)? _opened;

    public SourceTraits Traits { get; } = new([DigestKind.QuickXor, DigestKind.Sha256, DigestKind.Sha1]) { HasIdentities = true };

    // An item that is no longer visible in another drive was deleted there, or is no longer shared with the account.
    public bool MayBeHidden(string id) =>
        GraphId.Parse(id) is { Drive.Length: > 0 } item && GraphId.NormalDrive(item.Drive) != ownDrive;

    public async Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken)
    {
        if (folder == Roots)
            return await RootsAsync(cancellationToken);
        if (folder.StartsWith(Site, StringComparison.Ordinal))
            return await LibrariesAsync(folder[Site.Length..], cancellationToken);
        var shared = folder == SharedWithMe;
        if (GraphId.Parse(folder) is not { } id && !shared)
            return Gone;
        id = shared ? GraphId.Root : GraphId.Parse(folder)!;
        var address = cursor is null
            ? client.Address(shared ? "/me/drive/sharedWithMe" : $"{id.Path}/children?$select={GraphItems.Fields}&$top={PageSize}")
            : client.NextPage(cursor);
        if (address is null)
            return new StorageFault(FaultKind.Refused, "The next page of a list leads away from OneDrive.");
        var answer = await client.JsonAsync(shared ? "drive.shared" : "item.children", HttpMethod.Get, address, null, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json;
        if (!json.TryGetProperty("value", out var items) || items.ValueKind != JsonValueKind.Array)
            return GraphClient.Unreadable;
        if (AnswerLimits.CountFault(items, shared ? AnswerLimits.MostItems : PageSize) is { } tooMany)
            return tooMany;
        return new SourcePage(
            [.. items.EnumerateArray().Select(item => GraphItems.ToSource(item, id.Drive, follow: shared))],
            GraphItems.Text(json, "@odata.nextLink"));
    }

    public string NormalOf(string id) => GraphId.Parse(id)?.Normal ?? id;

    public Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken) => StatAsync(id, false, cancellationToken);

    /// <param name="led">Whether it was reached through a reference.</param>
    private async Task<Outcome<SourceItem>> StatAsync(string id, bool led, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(id) is not { } asked)
            return Gone;
        var found = await GetAsync(asked, cancellationToken);
        if (!found.Ok)
            return found.Fault;
        var item = GraphItems.ToSource(found.Value.Json, asked.Drive, follow: true);
        if (GraphId.Parse(item.Id) is { } named && asked.Drive.Length > 0 && !named.IsSame(asked))
        {
            // The item refers to an item of another drive, which may itself be a reference, even one back to this item.
            if (item.Skip is not null)
                return item;
            if (led)
                return item with { Skip = GraphItems.Circle };
            var target = await StatAsync(item.Id, true, cancellationToken);
            return target is { Ok: false, Fault.Kind: FaultKind.Gone or FaultKind.Refused }
                ? item with { Skip = GraphItems.Closed }
                : target;
        }

        if (item.Kind == StorageItemKind.Folder || item.Skip is not null)
            return item;
        if (GraphItems.Text(found.Value.Json, "@microsoft.graph.downloadUrl") is { } address)
            _opened = (item.Id, address);
        return item.Size >= VersionFrom && GraphId.Parse(item.Id) is { IsBusiness: true } business
            ? item with { Detail = await VersionAsync(business, cancellationToken) }
            : item;
    }

    public async Task<StorageFault?> ReadAsync(
        SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            if (_opened is not { } opened || opened.Id != item.Id)
            {
                var located = await LocateAsync(item, cancellationToken);
                if (!located.Ok)
                    return located.Fault;
                _opened = opened = (item.Id, located.Value);
            }

            var answer = await client.DownloadAsync(
                opened.Address, new RangeHeaderValue(offset, offset + length - 1), cancellationToken);
            if (!answer.Ok)
            {
                if (answer.Fault.Kind != FaultKind.SessionLost)
                    return answer.Fault;
                _opened = null;
                if (again)
                    return new StorageFault(FaultKind.Transient, "OneDrive returned no address that works for a download.");
                continue;
            }

            using var response = answer.Value;
            if (PartAnswer.Fault(response, item, offset, length, Storage) is { } wrong)
            {
                // A different size means another version; query the item again.
                _opened = null;
                if (again)
                    return wrong;
                continue;
            }

            return await PartAnswer.CopyAsync(response, length, into, Storage, cancellationToken)
                ?? (offset + length == item.Size ? await ChangeAsync(item, cancellationToken) : null);
        }
    }

    public async Task<Outcome<SourceItem>> EarlierAsync(string id, string version, long size, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(id) is not { } item)
            return Gone;
        var answer = await client.JsonAsync("item.versions", HttpMethod.Get, $"{item.Path}/versions", cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Json.TryGetProperty("value", out var versions) || versions.ValueKind != JsonValueKind.Array)
            return GraphClient.Unreadable;
        // The first one is the current content. Versions have separate numbers, so one is identified by its size.
        var numbers = versions.EnumerateArray().Skip(1).Where(one => GraphItems.Number(one, "size") == size)
            .Select(one => GraphItems.Text(one, "id")).ToList();
        return numbers is [{ } number, ..]
            ? new SourceItem(id, "", StorageItemKind.File) { Size = size, Pin = version, Detail = number }
            : new StorageFault(FaultKind.Gone, "OneDrive does not keep this version any more.");
    }

    private static StorageFault Gone { get; } =
        new(FaultKind.Gone, "OneDrive has no such item, or it is not shared with this account any more.");

    private static StorageFault Changed { get; } = new(FaultKind.SourceChanged, "The file was changed while it was read.");

    /// <summary>Returns an address at which the pinned version can be read.</summary>
    private async Task<Outcome<string>> LocateAsync(SourceItem item, CancellationToken cancellationToken)
    {
        if (GraphId.Parse(item.Id) is not { } id)
            return Gone;
        var found = await GetAsync(id, cancellationToken);
        if (!found.Ok)
            return found.Fault.Kind == FaultKind.Gone ? Changed : found.Fault;
        var now = GraphItems.ToSource(found.Value.Json, id.Drive, follow: true);
        if (now.Pin != item.Pin)
            return item.Detail is { } version ? await EarlierAsync(id, version, cancellationToken) : Changed;
        return GraphItems.Text(found.Value.Json, "@microsoft.graph.downloadUrl") is { } address
            ? address
            : await RedirectAsync("item.content", $"{id.Path}/content", cancellationToken);
    }

    private async Task<Outcome<string>> EarlierAsync(GraphId id, string version, CancellationToken cancellationToken)
    {
        var address = await RedirectAsync(
            "item.version", $"{id.Path}/versions/{Uri.EscapeDataString(version)}/content", cancellationToken);
        return address.Ok || address.Fault.Kind is not (FaultKind.Gone or FaultKind.Refused) ? address : Changed;
    }

    private async Task<Outcome<string>> RedirectAsync(string operation, string path, CancellationToken cancellationToken)
    {
        var answer = await client.AskAsync(operation, HttpMethod.Get, client.Address(path), null, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (answer.Value.Headers.Location is { IsAbsoluteUri: true } location)
            return location.AbsoluteUri;
        return answer.Value.Succeeded ? GraphClient.Unreadable : client.FaultOf(answer.Value, session: false);
    }

    /// <summary>
    /// Queries an item again after it was completely read. If the storage provides a digest, comparing it is more reliable and needs no
    /// request.
    /// </summary>
    private async Task<StorageFault?> ChangeAsync(SourceItem item, CancellationToken cancellationToken)
    {
        if ((item.Digests.Count > 0 && options.Verify != VerifyBy.None) || item.Detail is not null || GraphId.Parse(item.Id) is not { } id)
            return null;
        var found = await GetAsync(id, cancellationToken);
        if (!found.Ok)
            return found.Fault;
        return GraphItems.ToSource(found.Value.Json, id.Drive, follow: true).Pin == item.Pin ? null : Changed;
    }

    private Task<Outcome<GraphJson>> GetAsync(GraphId id, CancellationToken cancellationToken) =>
        client.JsonAsync("item.get", HttpMethod.Get, id.Path, cancellationToken);

    /// <summary>Returns the number of the current version; null if unknown.</summary>
    private async Task<string?> VersionAsync(GraphId id, CancellationToken cancellationToken)
    {
        var answer = await client.JsonAsync("item.versions", HttpMethod.Get, $"{id.Path}/versions?$top=1", cancellationToken);
        return answer.Ok && answer.Value.Json.TryGetProperty("value", out var versions) && versions.ValueKind == JsonValueKind.Array
            && versions.GetArrayLength() > 0
            ? GraphItems.Text(versions[0], "id")
            : null;
    }

    private async Task<Outcome<SourcePage>> RootsAsync(CancellationToken cancellationToken)
    {
        var own = await client.JsonAsync("drive.get", HttpMethod.Get, "/me/drive", cancellationToken);
        if (!own.Ok)
            return own.Fault;
        var roots = new List<SourceItem>
        {
            new(GraphId.Root.ToString(), "OneDrive", StorageItemKind.Folder),
            new(SharedWithMe, "Shared with me", StorageItemKind.Folder),
        };
        if (GraphItems.Text(own.Value.Json, "driveType") == "personal")
            return new SourcePage(roots, null);

        // Sign-ins without the scopes for sites may not query them; they only see their own files.
        var libraries = await LibrariesAsync("root", cancellationToken);
        if (libraries.Ok)
            roots.AddRange(libraries.Value.Items);
        var sites = await client.JsonAsync("site.list", HttpMethod.Get, "/me/followedSites?$select=id,displayName", cancellationToken);
        if (sites.Ok && sites.Value.Json.TryGetProperty("value", out var followed) && followed.ValueKind == JsonValueKind.Array)
        {
            if (AnswerLimits.CountFault(followed, AnswerLimits.MostItems) is { } tooMany)
                return tooMany;
            roots.AddRange(followed.EnumerateArray().Select(site => new SourceItem(
                Site + GraphItems.Text(site, "id"), GraphItems.Text(site, "displayName") ?? "Site", StorageItemKind.Folder)));
        }

        return new SourcePage(roots, null);
    }

    private async Task<Outcome<SourcePage>> LibrariesAsync(string site, CancellationToken cancellationToken)
    {
        var answer = await client.JsonAsync(
            "site.drives", HttpMethod.Get, $"/sites/{Uri.EscapeDataString(site)}/drives", cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Json.TryGetProperty("value", out var drives) || drives.ValueKind != JsonValueKind.Array)
            return GraphClient.Unreadable;
        if (AnswerLimits.CountFault(drives, AnswerLimits.MostItems) is { } tooMany)
            return tooMany;
        return new SourcePage(
            [.. drives.EnumerateArray().Select(drive => new SourceItem(
                new GraphId(GraphItems.Text(drive, "id") ?? "", "root").ToString(), GraphItems.Text(drive, "name") ?? "",
                StorageItemKind.Folder))],
            null);
    }
}
