using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Http;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.Sync;

/// <summary>
/// The service's side of a pair. It is listed once; afterwards the changes of the space say what is there. Where they are not known any
/// more, it is listed again.
/// </summary>
internal sealed class ServiceSide(ChunkUploadClient client, string? space)
{
    private readonly Dictionary<string, RemoteItem> _items = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private Dictionary<string, RemoteItem> _byPath = new(StringComparer.Ordinal);
    private bool _isListed;
    private bool _isMissing;

    /// <summary>The id of the folder.</summary>
    public string Root { get; private set; } = "";

    /// <summary>The current path of the folder.</summary>
    public string RootPath { get; private set; } = "";

    /// <summary>The change after which the next scan continues.</summary>
    public string? Cursor { get; set; }

    /// <summary>
    /// Gets a value that indicates whether the changes since the last scan are not known: the service may have been restored from a backup,
    /// so what is missing may never have been removed by anybody.
    /// </summary>
    public bool WasReset { get; set; }

    /// <summary>The generation of the service's ledger at the last scan; <c>null</c> if that is not known.</summary>
    public long? KnownGeneration { get; set; }

    /// <summary>The generation of the service's ledger now.</summary>
    public long? Generation { get; private set; }

    /// <summary>
    /// Gets a value that indicates whether the service was restored from a backup since the last scan, so that the base is older than both
    /// sides.
    /// </summary>
    public bool IsRestored => KnownGeneration is { } known && Generation is { } now && known != now;

    /// <summary>Finds the folder, or makes it for a new pair.</summary>
    /// <param name="known">The id that it had; <c>null</c> for a new pair.</param>
    /// <param name="makes">Whether a folder that is missing is made; else it counts as empty.</param>
    /// <returns>False if it was removed, or is not visible to this key.</returns>
    public async Task<bool> FindRootAsync(string? known, string path, bool makes, CancellationToken stop)
    {
        try
        {
            var answer = known is null
                ? await client.GetAsync($"{ServiceAddress.Tree(path, space)}?format=json&limit=1", ClientJson.Default.FolderAnswer, stop)
                : await client.GetAsync($"api/entries/{known}?limit=1", ClientJson.Default.FolderAnswer, stop);
            if (answer.Folder is not { } folder)
            {
                throw new TransferException(TransferFailure.Conflict, $"{path} is no folder.") { Code = Wire.ProblemCodes.NotFolder };
            }

            (Root, RootPath) = (folder.Id, folder.Path);
            return true;
        }
        catch (TransferException failure) when (failure.Status == 404)
        {
            if (known is not null)
                return false;
            _isMissing = !makes;
            if (_isMissing)
                return true;
            var made = await client.MakeFolderAsync(path, space, stop);
            (Root, RootPath) = (made.Id, made.Path);
            return true;
        }
    }

    /// <summary>Refuses encrypted folders.</summary>
    public async Task RefuseEncryptedAsync(CancellationToken stop)
    {
        for (var at = RootPath; ; at = at.LastIndexOf('/') is > 0 and var slash ? at[..slash] : "")
        {
            if (await client.HasFolderKeyAsync(at, space, stop))
                throw Encrypted(at);
            if (at.Length == 0)
                return;
        }
    }

    /// <summary>Scans the folder.</summary>
    /// <returns>The items by path, including those that are left out.</returns>
    public async Task<Dictionary<string, SyncEntry>> LookAsync(IgnoreRules rules, CancellationToken stop)
    {
        if (_isMissing)
            return [];
        if (!_isListed || !await FollowAsync(stop))
            await ListAsync(stop);
        _byPath = Paths();
        var found = new Dictionary<string, SyncEntry>(StringComparer.Ordinal);
        foreach (var (path, item) in _byPath)
        {
            if (item.Name == FolderKeys.FileName)
                throw Encrypted(path);
            if (item is { Kind: "file", FileId: null })
            {
                throw new TransferException(
                    TransferFailure.Authentication, "The key may not read files: it needs the rights to read, list, upload and delete.");
            }

            var entry = item.ToEntry();
            found[path] = entry.LeftOut is not null ? entry
                : rules.Excludes(path, item.IsFolder) ? entry with { LeftOut = "It is left out by its name." }
                : entry;
        }

        return found;
    }

    public RemoteItem? Find(string path)
    {
        lock (_gate)
            return _byPath.GetValueOrDefault(path);
    }

    public bool HasFolder(string path) => path.LastIndexOf('/') is not (> 0 and var slash) || Find(path[..slash]) is { IsFolder: true };

    /// <summary>Waits for the digest of a file, which the service computes after some uploads.</summary>
    public async Task<SyncEntry?> ReadAsync(string path, SyncEntry seen, CancellationToken stop)
    {
        for (var pause = 0.1; pause < 5; pause *= 2)
        {
            if (await DescribeAsync(seen.Id, stop) is not { Kind: "file" } now || now.FileId != seen.Version)
                return null;
            if (now.Sha256 is { } digest)
                return seen with { Digests = LocalSide.Digests(digest) };
            await Task.Delay(TimeSpan.FromSeconds(pause), stop);
        }

        return null;
    }

    /// <summary>Returns whether an item is not below the folder any more. It is asked for: what lists lack may still be there.</summary>
    public async Task<bool> IsGoneAsync(string id, CancellationToken stop) =>
        await DescribeAsync(id, stop) is not { } now || !(RootPath.Length == 0 || SyncQuestions.IsAt(now.Path, RootPath))
            || Find(Below(now.Path)) is { } listed && listed.Id == id;

    public async Task<RemoteItem> MakeFolderAsync(string path, CancellationToken stop)
    {
        var answer = await client.MakeNewFolderAsync(ServiceAddress.Tree(At(path), space) + "/", stop);
        return Put(path, answer.Read(ClientJson.Default.EntryAnswer));
    }

    public async Task<RemoteItem> MoveAsync(string from, string to, CancellationToken stop)
    {
        var item = Find(from)!;
        var answer = await client.ChangeAsync(
            HttpMethod.Patch, $"api/entries/{item.Id}", new PlaceBody(At(to), "fail"), SyncJson.Default.PlaceBody, item.Revision, stop);
        lock (_gate)
            _ = _byPath.Remove(from);
        return Put(to, answer.Read(ClientJson.Default.EntryAnswer));
    }

    /// <returns>False if a folder is not empty.</returns>
    public async Task<bool> RemoveAsync(string path, CancellationToken stop)
    {
        if (Find(path) is not { } item)
            return false;
        var address = $"api/entries/{item.Id}";
        try
        {
            if (item.IsFolder
                && (await client.GetAsync($"{address}?limit=1", ClientJson.Default.FolderAnswer, stop)).Items is { Count: > 0 })
                return false;
            _ = await client.ChangeAsync(HttpMethod.Delete, address, null, SyncJson.Default.PlaceBody, item.Revision, stop);
        }
        catch (TransferException failure) when (failure.Status == 404)
        {
            // It was removed by a request whose answer was lost.
        }

        lock (_gate)
        {
            _ = _byPath.Remove(path);
            _ = _items.Remove(item.Id);
        }

        return true;
    }

    /// <summary>Sends a file to a path, at which nothing may be but what the scan has seen.</summary>
    /// <returns>The entry, and the digest of what was sent; <c>null</c> if another file is there by now.</returns>
    public async Task<(RemoteItem Item, string Sha256)?> SendAsync(
        string file, string path, RemoteItem? seen, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        var options = new UploadOptions
        {
            Path = At(path),
            Space = space,
            Conflict = seen is null ? NameConflict.Fail : NameConflict.Replace,
            Revision = seen?.Revision,
            IsOfPair = true,
        };
        var sent = await client.SendForPairAsync(file, options, progress, stop);
        var entry = await client.GetAsync($"{ServiceAddress.Tree(At(path), space)}?format=json", ClientJson.Default.EntryAnswer, stop);
        return entry.FileId is { } id && id == sent.Id && sent.Sha256 is { } digest ? (Put(path, entry), digest) : null;
    }

    /// <summary>Fetches the content that the scan has seen.</summary>
    /// <returns>Its digest; <c>null</c> if the file has another one by now.</returns>
    public async Task<string?> FetchAsync(RemoteItem item, string staged, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        DownloadResult done;
        try
        {
            done = await client.FetchForPairAsync(item.FileId!, staged, progress, stop);
        }
        catch (TransferException failure) when (failure.Status is 403 or 404 or 410)
        {
            // In a space of others, content can only be read by its entry.
            done = await client.FetchForPairAsync(item.Id, staged, progress, stop);
            if (item.Sha256 is null && (await DescribeAsync(item.Id, stop))?.FileId != item.FileId)
                return null;
        }

        return item.Sha256 is null || item.Sha256 == done.Sha256 ? done.Sha256 : null;
    }

    /// <summary>Gives the present content of a file a name, with which it is kept as long as the file.</summary>
    /// <returns>The file with its present revision; <c>null</c> if it has another content by now.</returns>
    public async Task<RemoteItem?> KeepAsync(string path, RemoteItem item, string name, CancellationToken stop)
    {
        if (item.Number is not { } number)
            return null;
        _ = await client.ChangeAsync(
            HttpMethod.Patch, $"api/entries/{item.Id}/versions/{number}", new VersionNameBody(name), SyncJson.Default.VersionNameBody, null,
            stop);
        return await DescribeAsync(item.Id, stop) is { } now && now.FileId == item.FileId && now.Path == At(path)
            ? item with { Revision = now.Revision }
            : null;
    }

    /// <summary>Makes an earlier version of a file the present one again.</summary>
    /// <returns>False if it is not kept any more.</returns>
    public async Task<bool> RestoreAsync(string id, int number, CancellationToken stop)
    {
        try
        {
            _ = await client.ChangeAsync(
                HttpMethod.Post, $"api/entries/{id}/versions/{number}/restore", null, SyncJson.Default.PlaceBody, null, stop);
            return true;
        }
        catch (TransferException failure) when (failure.Failure is TransferFailure.NotFound or TransferFailure.Conflict)
        {
            return false;
        }
    }

    private string At(string path) => RootPath.Length == 0 ? path : $"{RootPath}/{path}";

    private string Below(string path) => RootPath.Length == 0 ? path : path.Length <= RootPath.Length ? "" : path[(RootPath.Length + 1)..];

    private RemoteItem Put(string path, EntryAnswer entry)
    {
        lock (_gate)
        {
            var parent = path.LastIndexOf('/') is > 0 and var slash ? _byPath.GetValueOrDefault(path[..slash])?.Id : Root;
            var item = RemoteItem.Of(entry, parent ?? "");
            _items[item.Id] = item;
            return _byPath[path] = item;
        }
    }

    private async Task<EntryAnswer?> DescribeAsync(string id, CancellationToken stop)
    {
        try
        {
            return await client.EntryAsync(id, stop);
        }
        catch (TransferException failure) when (failure.Status == 404)
        {
            return null;
        }
    }

    private string Changes => space is null ? "api/changes" : $"api/spaces/{Uri.EscapeDataString(space)}/changes";

    private async Task ListAsync(CancellationToken stop)
    {
        if (!_isListed && Cursor is { } last)
            WasReset |= (await client.GetAsync(Since(last) + "&limit=1", SyncJson.Default.ChangesAnswer, stop)).Reset;
        // Later changes are returned again afterwards.
        var now = await client.GetAsync(Since("now"), SyncJson.Default.ChangesAnswer, stop);
        Generation = now.Generation;
        _items.Clear();
        var folders = new Dictionary<string, string>(StringComparer.Ordinal) { [""] = Root };
        await foreach (var entry in client.ListAllAsync(RootPath, space, stop))
        {
            var above = entry.Path.LastIndexOf('/') is > 0 and var slash ? entry.Path[..slash] : "";
            if (!folders.TryGetValue(above, out var parent))
                throw TransferException.Invalid($"The service lists {entry.Path} before the folder that it is in.");
            if (entry.Kind == "folder")
                folders[entry.Path] = entry.Id;
            _items[entry.Id] = RemoteItem.Of(entry, parent);
        }

        (Cursor, _isListed) = (now.Cursor, true);
    }

    /// <returns>False if everything must be listed again.</returns>
    private async Task<bool> FollowAsync(CancellationToken stop)
    {
        while (true)
        {
            var page = await client.GetAsync(Since(Cursor!) + "&limit=1000", SyncJson.Default.ChangesAnswer, stop);
            if (page.Reset)
            {
                WasReset = true;
                return false;
            }

            foreach (var change in page.Items)
            {
                if (!Take(change))
                    return false;
            }

            Cursor = page.Cursor;
            if (!page.More)
                return true;
        }
    }

    /// <returns>False if what is in a folder is not known.</returns>
    private bool Take(ChangeAnswer change)
    {
        var now = change.Entry;
        var known = _items.GetValueOrDefault(now.Id);
        if (known is not null && known.Revision > now.Revision)
            return true;
        if (change.Kind == "removed")
        {
            _ = _items.Remove(now.Id);
            return true;
        }

        var isBelow = now.Parent == Root || (now.Parent is { } parent && _items.ContainsKey(parent));
        if (known is null && !isBelow)
            return true;
        // The entries of a folder move with it, without changes of their own.
        if (known is null && now.Kind == "folder" && change.Kind is "moved" or "restored")
            return false;
        _items[now.Id] = now.ToItem(change.By ?? known?.By);
        return true;
    }

    private string Since(string cursor) => $"{Changes}?since={Uri.EscapeDataString(cursor)}";

    private Dictionary<string, RemoteItem> Paths()
    {
        var paths = new Dictionary<string, string?>(StringComparer.Ordinal) { [Root] = "" };
        var found = new Dictionary<string, RemoteItem>(StringComparer.Ordinal);
        foreach (var item in _items.Values)
        {
            if (PathOf(item, 0) is { } path)
                found[path] = item;
        }

        return found;

        string? PathOf(RemoteItem item, int depth)
        {
            if (paths.TryGetValue(item.Id, out var path))
                return path;
            if (!paths.TryGetValue(item.Parent, out var above))
                above = depth < 1000 && _items.TryGetValue(item.Parent, out var folder) ? PathOf(folder, depth + 1) : null;
            return paths[item.Id] = above is null ? null : above.Length == 0 ? item.Name : $"{above}/{item.Name}";
        }
    }

    private static TransferException Encrypted(string path) => new(
        TransferFailure.Refused,
        $"{(path.Length == 0 ? "The root" : path)} belongs to an encrypted folder, which cannot be kept in sync in both directions: "
        + "its files would be read here, and sent in clear. Use cu up and cu get with --encrypt-to and --identity.")
    {
        Code = ClientCodes.FolderIsEncrypted,
    };
}
