using System.Collections.Concurrent;
using System.Threading.Channels;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// Uploads a folder: 1. find the target folder, or create it; 2. scan while files are sent; 3. send packs and large files, several at a
/// time; 4. send links, then delete extra entries, then send their replacements; 5. set the times of folders. An entry that fails is
/// reported and skipped; a failure that affects all entries ends the upload.
/// </summary>
internal sealed class FolderUpload
{
    private const int AtOnce = 4;
    private const int Ahead = 4;

    private readonly RemoteTree _remote;
    private readonly Attempts _attempts;
    private readonly ProgressBoard _traffic;
    private readonly FolderBoard _board;
    private readonly FolderOptions _options;
    private readonly Func<LocalEntry, IProgress<TransferProgress>, CancellationToken, Task> _sendAlone;
    private readonly PackSender _packs;
    private readonly UploadPlan _plan;
    private readonly ConcurrentQueue<LocalEntry> _blocked = new();
    private volatile bool _postpones;

    public FolderUpload(
        RemoteTree remote, Attempts attempts, ProgressBoard traffic, FolderBoard board, FolderOptions options, TimeProvider time,
        bool sendsAll, Func<LocalEntry, IProgress<TransferProgress>, CancellationToken, Task> sendAlone)
    {
        (_remote, _attempts, _traffic, _board, _options, _sendAlone) = (remote, attempts, traffic, board, options, sendAlone);
        _packs = new PackSender(remote, attempts, traffic, board, options.KeepAttributes, Postpone);
        _plan = new UploadPlan(remote, board, options, time, _blocked.Enqueue) { SendsAll = sendsAll };
    }

    /// <summary>Returns whether a failure concerns only one file, so that the others continue.</summary>
    public static bool IsOfOne(TransferException failure) => failure.Failure switch
    {
        TransferFailure.Network or TransferFailure.Server => false,
        TransferFailure.Authentication => failure.Code == ClientCodes.WrongDecryptionKey,
        TransferFailure.Quota => failure.Code == ProblemCodes.TooLarge,
        _ => true,
    };

    public async Task<FolderResult> RunAsync(string root, bool isThere, CancellationToken stop)
    {
        // 1. Find the target folder, or create it.
        if (!Directory.Exists(root))
            throw TransferException.Local($"{root} is no folder.");
        var rules = new IgnoreRules(_options.Exclude);
        if (!isThere && !_options.DryRun)
        {
            var empty = new TarPack();
            await _attempts.PersistAsync(_ => _remote.UnpackAsync(empty.End(), _traffic.Advice.StallTimeout, stop), stop);
        }

        // 2. Scan while files are sent.
        _postpones = _options.DeleteExtra && isThere;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var tasks = Channel.CreateBounded<UploadTask>(Ahead);
        var scan = Task.Run(() => ScanAsync(root, rules, isThere, tasks.Writer, end.Token), CancellationToken.None);

        // Asking for all that is there takes longer than sending a few folders again.
        var list = isThere && _options.Only is null
            ? Task.Run(() => _plan.ListAsync(end.Token), CancellationToken.None)
            : Task.FromResult<Dictionary<string, Http.EntryAnswer>>([]);

        // 3. Send packs and large files, several at a time.
        List<Task> lanes =
        [
            .. Enumerable.Range(0, _options.AtOnce ?? AtOnce)
                .Select(_ => Task.Run(() => LaneAsync(tasks.Reader, end.Token), CancellationToken.None)),
            scan, list,
        ];
        try
        {
            while (lanes.Count > 0)
            {
                var done = await Task.WhenAny(lanes);
                _ = lanes.Remove(done);
                await done;
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(lanes).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        // 4. Send links, then delete extra entries, then send their replacements.
        var there = await list;
        foreach (var task in _plan.Late(LocalKind.Link, there))
            await SendAsync(task, stop);
        if (_options.DeleteExtra && isThere)
            await ReplaceAsync(rules, stop);

        // 5. Set the times of folders.
        foreach (var task in _plan.Late(LocalKind.Folder, there))
            await SendAsync(task, stop);
        return _board.Result();
    }

    private async Task ScanAsync(
        string root, IgnoreRules rules, bool isThere, ChannelWriter<UploadTask> tasks, CancellationToken stop)
    {
        var scan = new FolderScan(rules, _plan.Links, _plan.Only);
        await foreach (var task in _plan.MakeAsync(scan.Walk(root), isThere, stop))
            await tasks.WriteAsync(task, stop);
        _board.NotKept.AddParts(scan.Parts);
        _board.Missing(_plan.Only, TransferFailure.LocalFile);
        tasks.Complete();
    }

    private async Task LaneAsync(ChannelReader<UploadTask> tasks, CancellationToken stop)
    {
        await foreach (var task in tasks.ReadAllAsync(stop))
            await SendAsync(task, stop);
    }

    private async Task SendAsync(UploadTask task, CancellationToken stop)
    {
        if (_options.DryRun)
        {
            foreach (var entry in task.Alone is { } one ? [one] : task.Pack)
                _board.Done(entry.Path, FolderItemState.Moved, entry.Size);
            return;
        }

        if (task.Alone is { } alone)
        {
            await SendAloneAsync(alone, stop);
            return;
        }

        foreach (var entry in await _packs.SendAsync(task.Pack, stop))
            await SendAloneAsync(entry, stop);
    }

    private async Task SendAloneAsync(LocalEntry entry, CancellationToken stop)
    {
        try
        {
            await _sendAlone(entry, _board.Begin(entry.Path), stop);
            _board.Done(entry.Path, FolderItemState.Moved, entry.Size);
        }
        catch (TransferException failure) when (Postpone(entry, failure))
        {
            // The entry is sent after the deletion.
        }
        catch (TransferException failure) when (IsOfOne(failure))
        {
            _board.Failure(entry.Path, failure);
        }
    }

    /// <summary>Postpones an entry whose path is taken by an entry of another kind that may be deleted later.</summary>
    private bool Postpone(LocalEntry entry, TransferException failure)
    {
        if (!_postpones || failure.Code is not (ProblemCodes.NotFile or ProblemCodes.NotFolder or ProblemCodes.NameTaken))
            return false;
        _blocked.Enqueue(entry);
        return true;
    }

    /// <summary>Deletes extra entries if everything else has succeeded, and then sends the entries that they blocked.</summary>
    private async Task ReplaceAsync(IgnoreRules rules, CancellationToken stop)
    {
        _postpones = false;
        var isWhole = _board.Failed == 0;
        var kept = isWhole ? await DeleteExtraAsync(_plan.Seen!, rules, stop) : [];
        var rest = new List<LocalEntry>();
        foreach (var entry in _blocked)
        {
            if (isWhole && !kept.Contains(entry.Path))
            {
                rest.Add(entry);
                continue;
            }

            _board.Failure(entry.Path, new TransferException(
                TransferFailure.Conflict, "Something of another kind is there. " + (isWhole
                    ? "It holds something that is left out, and stays."
                    : "It stays, because not all else has succeeded.")));
        }

        foreach (var task in _plan.Again(rest))
            await SendAsync(task, stop);
    }

    /// <returns>The entries that are kept, with their parent folders.</returns>
    private async Task<HashSet<string>> DeleteExtraAsync(
        Dictionary<string, LocalKind> seen, IgnoreRules rules, CancellationToken stop)
    {
        var extra = new List<(string Path, bool IsFolder)>();
        var kept = new HashSet<string>();
        await foreach (var item in _remote.ListAsync(withForeign: false, stop))
        {
            var isFolder = item.Kind == "folder";
            // A folder and another thing do not replace each other.
            if (seen.TryGetValue(item.Path, out var kind) && (kind == LocalKind.Other || (kind == LocalKind.Folder) == isFolder))
                continue;
            if (rules.ExcludesWithin(item.Path, isFolder))
                Keep(kept, item.Path);
            else
                extra.Add((item.Path, isFolder));
        }

        if (seen.Count == 0 && extra.Count > 0 && !_options.AllowEmpty)
            throw EmptySource(TransferFailure.LocalFile);
        RefuseMany(_options, extra.Count);
        string? deleted = null;
        foreach (var (path, isFolder) in extra.OrderBy(item => item.Path, StringComparer.Ordinal))
        {
            if ((deleted is not null && path.StartsWith(deleted, StringComparison.Ordinal)) || kept.Contains(path))
                continue;
            if (!_options.DryRun)
                await _remote.DeleteAsync(path, stop);
            _board.Done(path, FolderItemState.Deleted);
            deleted = isFolder ? path + "/" : deleted;
        }

        return kept;
    }

    /// <summary>An empty source would delete all: it is more often a disk that is not mounted, or a wrong name.</summary>
    internal static TransferException EmptySource(TransferFailure failure) => new(
        failure,
        "The source holds nothing, so all that is at the target would be deleted. Is its disk mounted? If it is meant to be empty, say "
        + "so: --allow-empty (AllowEmpty).")
    {
        Code = ClientCodes.EmptySource,
    };

    /// <summary>More than the caller expected is more often a wrong folder.</summary>
    internal static void RefuseMany(FolderOptions options, int count)
    {
        if (count > options.MaxDelete)
        {
            throw new TransferException(
                TransferFailure.Conflict,
                $"{count} entries would be deleted at the target, and --max-delete (MaxDelete) allows {options.MaxDelete}. Nothing was "
                + "deleted.")
            {
                Code = ClientCodes.TooManyToDelete,
            };
        }
    }

    /// <summary>Keeps a path and all of its parent folders.</summary>
    internal static void Keep(HashSet<string> kept, string path)
    {
        while (kept.Add(path) && path.LastIndexOf('/') is > 0 and var slash)
            path = path[..slash];
    }
}
