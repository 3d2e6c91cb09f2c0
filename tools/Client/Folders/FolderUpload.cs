using System.Threading.Channels;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.Retrying;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// Uploads a folder: 1. what is there; 2. the scan, which runs while files are sent; 3. packs and large files, several at a time;
/// 4. links, then what is to be deleted; 5. folders with their times. One entry that fails is told and left; what concerns all ends it.
/// </summary>
internal sealed class FolderUpload(
    RemoteTree remote, Attempts attempts, ProgressBoard traffic, FolderBoard board, FolderOptions options, TimeProvider time,
    Func<LocalEntry, IProgress<TransferProgress>, CancellationToken, Task> sendAlone)
{
    private const int AtOnce = 4;
    private const int Ahead = 4;

    private readonly PackSender _packs = new(remote, attempts, traffic, board, options.KeepAttributes);

    /// <summary>Whether a failure concerns one file, so that the others go on.</summary>
    public static bool IsOfOne(TransferException failure) => failure.Failure switch
    {
        TransferFailure.Network or TransferFailure.Server or TransferFailure.Authentication => false,
        TransferFailure.Quota => failure.Code == ProblemCodes.TooLarge,
        _ => true,
    };

    public async Task<FolderResult> RunAsync(string root, bool isThere, CancellationToken stop)
    {
        // 1.
        if (!Directory.Exists(root))
            throw TransferException.Local($"{root} is no folder.");
        var rules = new IgnoreRules(options.Exclude);
        if (!isThere && !options.DryRun)
        {
            var empty = new TarPack();
            await attempts.PersistAsync(_ => remote.UnpackAsync(empty.End(), traffic.Advice.StallTimeout, stop), stop);
        }

        // 2.
        var plan = new UploadPlan(remote, board, options, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var tasks = Channel.CreateBounded<UploadTask>(Ahead);
        var scan = Task.Run(() => ScanAsync(plan, root, rules, isThere, tasks.Writer, end.Token), CancellationToken.None);

        // Asking for all that is there takes longer than sending a few folders again.
        var list = isThere && options.Only is null
            ? Task.Run(() => plan.ListAsync(end.Token), CancellationToken.None)
            : Task.FromResult<Dictionary<string, Http.EntryAnswer>>([]);

        // 3.
        List<Task> lanes =
        [
            .. Enumerable.Range(0, AtOnce).Select(_ => Task.Run(() => LaneAsync(tasks.Reader, end.Token), CancellationToken.None)),
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

        // 4.
        var there = await list;
        foreach (var task in plan.Late(LocalKind.Link, there))
            await SendAsync(task, stop);
        if (options.DeleteExtra && board.Failed == 0 && isThere)
            await DeleteExtraAsync(plan.Seen!, rules, stop);

        // 5.
        foreach (var task in plan.Late(LocalKind.Folder, there))
            await SendAsync(task, stop);
        return board.Result();
    }

    private static async Task ScanAsync(
        UploadPlan plan, string root, IgnoreRules rules, bool isThere, ChannelWriter<UploadTask> tasks, CancellationToken stop)
    {
        await foreach (var task in plan.MakeAsync(new FolderScan(rules, plan.Links, plan.Only).Walk(root), isThere, stop))
            await tasks.WriteAsync(task, stop);
        tasks.Complete();
    }

    private async Task LaneAsync(ChannelReader<UploadTask> tasks, CancellationToken stop)
    {
        await foreach (var task in tasks.ReadAllAsync(stop))
            await SendAsync(task, stop);
    }

    private async Task SendAsync(UploadTask task, CancellationToken stop)
    {
        if (options.DryRun)
        {
            foreach (var entry in task.Alone is { } one ? [one] : task.Pack)
                board.Done(entry.Path, FolderItemState.Moved, entry.Size);
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
            await sendAlone(entry, board.Begin(entry.Path), stop);
            board.Done(entry.Path, FolderItemState.Moved, entry.Size);
        }
        catch (TransferException failure) when (IsOfOne(failure))
        {
            board.Failure(entry.Path, failure);
        }
    }

    private async Task DeleteExtraAsync(HashSet<string> seen, IgnoreRules rules, CancellationToken stop)
    {
        var extra = new List<(string Path, bool IsFolder)>();
        var kept = new HashSet<string>();
        await foreach (var item in remote.ListAsync(stop))
        {
            if (seen.Contains(item.Path))
                continue;
            if (rules.ExcludesWithin(item.Path, item.Kind == "folder"))
                Keep(kept, item.Path);
            else
                extra.Add((item.Path, item.Kind == "folder"));
        }

        if (seen.Count == 0 && extra.Count > 0 && !options.AllowEmpty)
            throw EmptySource(TransferFailure.LocalFile);
        string? deleted = null;
        foreach (var (path, isFolder) in extra.OrderBy(item => item.Path, StringComparer.Ordinal))
        {
            if ((deleted is not null && path.StartsWith(deleted, StringComparison.Ordinal)) || kept.Contains(path))
                continue;
            if (!options.DryRun)
                await remote.DeleteAsync(path, stop);
            board.Done(path, FolderItemState.Deleted);
            deleted = isFolder ? path + "/" : deleted;
        }
    }

    /// <summary>An empty source would delete all: it is more often a disk that is not mounted, or a wrong name.</summary>
    internal static TransferException EmptySource(TransferFailure failure) => new(
        failure,
        "The source holds nothing, so all that is at the target would be deleted. Is its disk mounted? If it is meant to be empty, say "
        + "so: --allow-empty (AllowEmpty).")
    {
        Code = ClientCodes.EmptySource,
    };

    /// <summary>The folders above stay, too.</summary>
    internal static void Keep(HashSet<string> kept, string path)
    {
        while (kept.Add(path) && path.LastIndexOf('/') is > 0 and var slash)
            path = path[..slash];
    }
}
