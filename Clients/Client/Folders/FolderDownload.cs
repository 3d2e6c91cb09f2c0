using System.Collections.Concurrent;
using System.Security.Cryptography;
using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// Downloads a folder: 1. read the list while files arrive; 2. fetch files, several at a time: small ones by one request, large ones in
/// ranges; 3. create links, through which no file is written any more; 4. delete extra entries, and then replace folders by files; 5. set
/// the times and modes of folders, deepest first.
/// </summary>
internal sealed class FolderDownload(
    RemoteTree remote, ServiceCalls calls, Attempts attempts, ProgressBoard traffic, FolderBoard board, FolderOptions options,
    IReadOnlyList<IContentIdentity> identities, TimeProvider time,
    Func<EntryAnswer, string, IProgress<TransferProgress>, CancellationToken, Task> fetchAlone) : IDisposable
{
    // A request for a small file mostly waits.
    private const int AtOnce = 32;

    // Each of these files has its own connections.
    private const int LargeAtOnce = 3;
    private const int Small = 1 << 20;

    private readonly HashSet<string> _there = [];
    private readonly HashSet<string> _kept = [];
    private readonly ConcurrentQueue<EntryAnswer> _blocked = new();
    private readonly SemaphoreSlim _large = new(LargeAtOnce);
    private readonly FileFilter _filter = new(options, time);
    private readonly PathSelection? _only = options.Only is { } paths ? new PathSelection(paths) : null;
    private readonly IgnoreRules _rules = new(options.Exclude);
    private readonly SealedSizes _sizes = new(calls, attempts);
    private long _arrived;

    public void Dispose() => _large.Dispose();

    public async Task<FolderResult> RunAsync(string root, CancellationToken stop)
    {
        var local = new LocalTree(root, options.Overwrite, options.DryRun);
        if (!options.DryRun)
        {
            LocalTree.Try(() =>
            {
                _ = Directory.CreateDirectory(root);
                PartFiles.RemoveLeft(root);
            });
        }

        List<EntryAnswer> folders = [], links = [];

        // 1. and 2.
        await Parallel.ForEachAsync(
            FilesAsync(folders, links, stop),
            new ParallelOptions { MaxDegreeOfParallelism = options.AtOnce ?? AtOnce, CancellationToken = stop },
            async (file, token) => await OneAsync(file.Path, async () =>
            {
                if (HasOwnName(file))
                    file = await NamedAsync(file, token);
                if (file.IsForeign)
                    PassOver(file);
                else
                    await FetchAsync(local, file, token);
            }));

        // 3. Create links, through which no file is written any more.
        foreach (var link in links)
        {
            await OneAsync(link.Path, () =>
            {
                if (!IsBlocked(link, local.At(link.Path)))
                    Put(local, link);
                return Task.CompletedTask;
            });
        }

        // 4. Delete extra entries, and then replace folders by files.
        var isWhole = board.Failed == 0;
        if (options.DeleteExtra && isWhole && Directory.Exists(root))
            await DeleteExtraAsync(local);
        foreach (var entry in _blocked)
            await OneAsync(entry.Path, () => ReplaceFolderAsync(local, entry, isWhole, stop));

        // 5. Set the times and modes of folders, deepest first.
        foreach (var folder in folders.OrderByDescending(folder => folder.Path, StringComparer.Ordinal))
            await OneAsync(folder.Path, () => SetAttributesAsync(local, folder));
        return board.Result();
    }

    private async IAsyncEnumerable<EntryAnswer> FilesAsync(
        List<EntryAnswer> folders, List<EntryAnswer> links,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        await foreach (var entry in remote.ListAsync(withForeign: true, stop))
        {
            if (entry.IsForeign && !HasOwnName(entry))
            {
                PassOver(entry);
                continue;
            }

            if (_rules.ExcludesWithin(entry.Path, entry.Kind == "folder"))
                continue;
            if (options.DeleteExtra)
            {
                lock (_there)
                    _ = _there.Add(entry.Path);
            }

            if (_only?.Has(entry.Path) == false
                || (entry.Kind == "file" && _filter.LeavesOut(entry.Size ?? 0, UnixTime.Parse(entry.ModifiedAt))))
                continue;
            board.Found(entry.Size ?? 0);
            if (entry.IsClosed)
            {
                board.Failure(entry.Path, new TransferException(
                    TransferFailure.Authentication, "The folder is encrypted for somebody else: none of the keys opens it.")
                {
                    Code = ClientCodes.WrongDecryptionKey,
                });
            }
            else if (entry.Kind == "folder")
            {
                folders.Add(entry);
            }
            else if (entry.Kind == "file")
            {
                yield return entry;
            }
            else if (entry is { Kind: "link", LinkTarget: not null } && options.Links == LinkPolicy.Keep)
            {
                links.Add(entry);
            }
            else
            {
                board.Done(new FolderItem(entry.Path, FolderItemState.Skipped, 0, null, "It is a link."));
            }
        }

        board.Missing(_only, TransferFailure.NotFound);
        board.Scanned();
    }

    /// <summary>Returns whether a file's name may be encrypted under its own key, because the file was sent by itself.</summary>
    private bool HasOwnName(EntryAnswer entry) => IsSealed && entry.Kind == "file" && EncryptedName.IsLike(entry.Name)
        && entry.Path.EndsWith(entry.Name, StringComparison.Ordinal);

    private async Task<EntryAnswer> NamedAsync(EntryAnswer entry, CancellationToken stop)
    {
        try
        {
            if (await _sizes.NameAsync(entry, identities, stop) is not { } name)
                return entry;
            var path = $"{entry.Path[..^entry.Name.Length]}{name}";
            lock (_there)
                _ = _there.Add(path);
            return entry with { Path = path, IsForeign = false };
        }
        catch (TransferException failure) when (FolderUpload.IsOfOne(failure))
        {
            // Fetched under its own name, the file fails with a clear message.
            return entry;
        }
    }

    /// <summary>An entry that others put here does not concern this folder; a hidden name that no key shows is a failure.</summary>
    private void PassOver(EntryAnswer entry)
    {
        if (EncryptedName.IsLike(entry.Name))
        {
            board.Failure(entry.Path, new TransferException(
                TransferFailure.Authentication, "Its name stays hidden: none of the keys opens it.")
            {
                Code = ClientCodes.WrongDecryptionKey,
            });
            return;
        }

        board.Done(new FolderItem(
            entry.Path, FolderItemState.Skipped, 0, null, "Its name was not encrypted with the key of this folder."));
    }

    private async Task OneAsync(string path, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (TransferException failure) when (FolderUpload.IsOfOne(failure))
        {
            board.Failure(path, failure);
        }
    }

    /// <returns>True if a local folder has the name. The file replaces it at the end, after the deletions.</returns>
    private bool IsBlocked(EntryAnswer entry, string target)
    {
        if (!LocalTree.IsFolder(target))
            return false;
        if (!options.Overwrite || !options.DeleteExtra)
        {
            throw new TransferException(
                TransferFailure.Conflict, $"{target} is a folder here, and none at the service. With --delete-extra it is replaced.");
        }

        _blocked.Enqueue(entry);
        return true;
    }

    private async Task ReplaceFolderAsync(LocalTree local, EntryAnswer entry, bool isWhole, CancellationToken stop)
    {
        var target = local.At(entry.Path);
        if (!isWhole || _kept.Contains(entry.Path))
        {
            throw new TransferException(
                TransferFailure.Conflict, $"{target} is a folder here, and none at the service. "
                + (isWhole ? "It holds something that is left out, and stays." : "It stays, because not all else has succeeded."));
        }

        if (options.DryRun)
        {
            board.Done(entry.Path, FolderItemState.Moved, entry.Size ?? 0);
            return;
        }

        LocalTree.Try(() => Directory.Delete(target));
        if (entry.Kind == "link")
            Put(local, entry);
        else
            await FetchAsync(local, entry, stop);
    }

    private void Put(LocalTree local, EntryAnswer link) => board.Done(
        link.Path, local.Link(link.Path, link.LinkTarget!, options.KeepAttributes ? UnixTime.Parse(link.ModifiedAt) : null)
            ? FolderItemState.Moved
            : FolderItemState.Unchanged);

    private async Task FetchAsync(LocalTree local, EntryAnswer file, CancellationToken stop)
    {
        var target = local.At(file.Path);
        var modified = UnixTime.Parse(file.ModifiedAt);
        local.Above(file.Path);
        if (IsBlocked(file, target))
            return;
        var there = new FileInfo(target);
        var isLink = there.LinkTarget is not null;
        if (!isLink && there.Exists && (!IsSealed || options.KeepAttributes) && (IsSealed || there.Length == file.Size)
            && (options is { KeepAttributes: true, Checksum: false }
                ? there.LastWriteTimeUtc == modified
                : file.Sha256 is not null && await LocalDigest.OfAsync(target, stop) == file.Sha256)
            && (!IsSealed || await _sizes.IsOfAsync(file, there.Length, stop)))
        {
            board.Done(file.Path, FolderItemState.Unchanged, file.Size ?? 0);
            return;
        }

        if (options.Update && !isLink && there.Exists && there.LastWriteTimeUtc > modified)
        {
            board.Done(file.Path, FolderItemState.Unchanged, file.Size ?? 0);
            return;
        }

        // Encrypted files are compared when they are downloaded.
        if (!options.Overwrite && (isLink || there.Exists) && (isLink || (IsSealed
            ? options.DryRun
            : there.Length != file.Size || file.Sha256 is null || await LocalDigest.OfAsync(target, stop) != file.Sha256)))
            throw new TransferException(TransferFailure.Conflict, $"{target} is there with another content.");
        if (IsSealed && !options.DryRun && there.Exists && !options.Overwrite)
        {
            await LargeAsync(file, target, stop);
        }
        else if (!options.DryRun && (isLink || !there.Exists || options.Overwrite))
        {
            if (file.Size > Small || file.Sha256 is null || !await SmallAsync(file, target, stop))
                await LargeAsync(file, target, stop);
        }

        if (!options.DryRun && options.KeepAttributes)
        {
            LocalTree.Try(() =>
            {
                if (!OperatingSystem.IsWindows() && file.Mode is not null)
                    File.SetUnixFileMode(target, (UnixFileMode)(Convert.ToInt32(file.Mode, 8) & 0x1FF));
                if (modified is { } time)
                    File.SetLastWriteTimeUtc(target, time);
            });
        }

        board.Done(file.Path, FolderItemState.Moved, file.Size ?? 0);
    }

    private async Task LargeAsync(EntryAnswer file, string target, CancellationToken stop)
    {
        await _large.WaitAsync(stop);
        try
        {
            await fetchAlone(file, target, board.Begin(file.Path), stop);
        }
        finally
        {
            _ = _large.Release();
        }
    }

    /// <returns>False if other bytes came than were listed, or the connection broke. The file is then fetched in ranges.</returns>
    private async Task<bool> SmallAsync(EntryAnswer file, string target, CancellationToken stop)
    {
        byte[] bytes;
        try
        {
            bytes = (await calls.SendAsync(calls.Request(HttpMethod.Get, $"api/entries/{file.Id}/content"), stop)).Body;
        }
        catch (TransferException failure)
            when (failure is { IsTransient: true, Failure: TransferFailure.Network or TransferFailure.Server })
        {
            // Each attempt starts at the first byte, so a connection that never lasts long enough would never complete the file.
            return false;
        }

        ClientMeter.Received.Add(bytes.Length);
        traffic.Received(Interlocked.Add(ref _arrived, bytes.Length + 1) - bytes.Length - 1, bytes.Length + 1, chunk: false);
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != file.Sha256)
            return false;
        if (IsSealed)
            bytes = SealedText.Open(bytes, file.Path, identities, remote.PlaceOf(file.Path));
        var part = PartFiles.OfSmall(target, file.Id);
        try
        {
            await File.WriteAllBytesAsync(part, bytes, stop);
            File.Move(part, target, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LocalTree.Try(() => File.Delete(part));
            throw LocalFaults.Writing(target, failure, bytes.Length);
        }

        return true;
    }

    private Task SetAttributesAsync(LocalTree local, EntryAnswer folder)
    {
        local.Make(folder.Path);
        var (there, modified) = (new DirectoryInfo(local.At(folder.Path)), UnixTime.Parse(folder.ModifiedAt));
        var isSame = there.Exists && (!options.KeepAttributes || (there.LastWriteTimeUtc == modified
            && (OperatingSystem.IsWindows() || folder.Mode is null || FolderScan.ModeOf(there) == folder.Mode)));
        if (!isSame && !options.DryRun && options.KeepAttributes)
            local.Dress(folder.Path, modified, folder.Mode);
        board.Done(folder.Path, isSame ? FolderItemState.Unchanged : FolderItemState.Moved);
        return Task.CompletedTask;
    }

    private async Task DeleteExtraAsync(LocalTree local)
    {
        var extra = new List<LocalEntry>();
        // No rules, so that a folder with excluded entries is kept.
        foreach (var entry in new FolderScan(new IgnoreRules([]), LinkPolicy.Keep, parts: true).Walk(local.Root))
        {
            if (entry.IsUnknown)
                return;
            // Everything has arrived, so a kill has left this part file, or another process is writing it.
            var isLeft = IsPart(entry) && !PartFiles.IsInUse(entry.Full);
            if ((IsPart(entry) && !isLeft) || _rules.ExcludesWithin(entry.Path, entry.Kind == LocalKind.Folder))
                FolderUpload.Keep(_kept, entry.Path);
            else if (!_there.Contains(entry.Path))
                extra.Add(entry);
        }

        if (_there.Count == 0 && extra.Exists(entry => !IsPart(entry)) && !options.AllowEmpty)
            throw FolderUpload.EmptySource(TransferFailure.NotFound);
        FolderUpload.RefuseMany(options, extra.Count(entry => !IsPart(entry) && !_kept.Contains(entry.Path)));
        foreach (var entry in extra.OrderByDescending(entry => entry.Path, StringComparer.Ordinal))
        {
            if (_kept.Contains(entry.Path))
                continue;
            await OneAsync(entry.Path, () =>
            {
                if (!options.DryRun)
                {
                    LocalTree.Try(() =>
                    {
                        if (entry.Kind == LocalKind.Folder)
                            Directory.Delete(entry.Full);
                        else
                            File.Delete(entry.Full);
                    });
                }

                if (!IsPart(entry))
                    board.Done(entry.Path, FolderItemState.Deleted);
                return Task.CompletedTask;
            });
        }
    }

    private bool IsSealed => identities.Count > 0;

    private static bool IsPart(LocalEntry entry) => entry.Kind == LocalKind.File && PartFiles.Is(Path.GetFileName(entry.Full));
}
