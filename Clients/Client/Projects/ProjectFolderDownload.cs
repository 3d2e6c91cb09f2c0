using ChunkUpload.Client.Folders;
using ChunkUpload.Client.Progress;
using ChunkUpload.Client.State;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Projects;

/// <summary>A file of a batch with its target.</summary>
internal sealed record OrderedFile(FileTransferAnswer Row, ProjectPlace Place);

/// <summary>
/// Fetches a folder of devices: 1. what is here already; 2. the batch, a new one or the one of an earlier run; 3. the files that come,
/// several at once, in the order in which the devices send them; 4. what has failed without having come. Of small files, more come at
/// once: they take more time to begin and to end than to come.
/// </summary>
internal sealed class ProjectFolderDownload(
    ChunkUploadClient client, StateStore states, FolderBoard board, ProgressBoard traffic, bool overwrite, Uri service, TimeProvider time)
{
    private const string Kind = "project";

    // Four large files, or sixteen small ones.
    private const int Room = 16;
    private const int LargeRoom = 4;
    private const long SmallSize = 1 << 20;

    private const int MostFiles = 10_000;
    private const int Tries = 2;

    private static readonly TimeSpan VerySoon = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SameTime = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Guid, int> _tries = [];
    private readonly Dictionary<Guid, (int Room, Task Task)> _running = [];
    private readonly Dictionary<Guid, long> _seen = [];
    private readonly Queue<FileTransferAnswer> _rows = new();

    public delegate Task<ProjectFileResult> Fetch(FileTransferAnswer row, ProjectPlace place, IProgress<TransferProgress> progress);

    public async Task<FolderResult> RunAsync(Guid project, string prefix, string target, Fetch fetch, CancellationToken stop)
    {
        // 1. What is here already.
        prefix = "/" + prefix.Trim('/');
        prefix = prefix == "/" ? "" : prefix;
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        LocalTree.Try(() => _ = Directory.CreateDirectory(root));
        var files = new ProjectFolder(root, project, states, time);
        var known = files.All();
        var names = new ProjectNames(known, prefix);
        var tree = new LocalTree(root, overwrite, dryRun: false);
        var missing = await MissingAsync(project, prefix, known.ToDictionary(file => file.Path), tree, names, stop);

        // 2. The batch, a new one or the one of an earlier run.
        var remote = $"project {service} {project} {prefix}/";
        using var state = states.Open(StateStore.IdOf(remote, root), prefix);
        if (await GoOnAsync(project, state, stop) is not { } batch)
        {
            if (missing.Files.Count == 0)
                return board.Result();
            if (await AskAsync(project, prefix, missing, new TransferState { Kind = Kind, File = root, Remote = remote }, state, stop)
                is not { } asked)
                return board.Result();
            batch = asked;
        }

        // 3. The files that come, several at once, in the order in which the devices send them.
        try
        {
            var (pause, looked) = (TimeSpan.Zero, time.GetTimestamp());
            var due = Task.CompletedTask;
            while (batch.IsOpen || _running.Count > 0)
            {
                if (due.IsCompleted && _rows.Count == 0)
                {
                    var hasNew = batch.InProgress > 0 && await ListAsync(project, batch, names, stop);
                    // The request for the batch also shows the service that the receiver is online.
                    if (!hasNew || time.GetElapsedTime(looked) >= Soon)
                        (batch, looked) = (await client.FileBatchAsync(project, batch.BatchId, stop), time.GetTimestamp());
                    pause = PauseAfter(pause, hasNew, batch);
                    due = Task.Delay(pause, time, stop);
                }

                Begin(project, files, tree, names, fetch, stop);
                using var waiting = _running.Count == 0 ? traffic.Waiting(Reason(batch)) : null;
                // While more are there than are fetched at once, the next one begins when one has ended.
                var ends = _running.Values.Select(one => one.Task);
                _ = await Task.WhenAny(_rows.Count > 0 && _running.Count > 0 ? ends : [due, .. ends]);
                stop.ThrowIfCancellationRequested();
                foreach (var (id, running) in _running.Where(one => one.Value.Task.IsCompleted).ToList())
                {
                    _ = _running.Remove(id);
                    await running.Task;
                }
            }
        }
        finally
        {
            await Task.WhenAll(_running.Values.Select(one => one.Task)).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        // 4. What has failed without having come.
        state.Remove();
        await foreach (var row in client.FileTransfersAsync(
            project, $"batch={batch.BatchId}&status=failed,cancelled&limit=200", stop))
        {
            if (!_tries.ContainsKey(row.Id))
                board.Failure(row.FilePath, FileTransferFaults.Of(row));
        }

        return board.Result();
    }

    private async Task<(List<string> Files, bool IsAll)> MissingAsync(
        Guid project, string prefix, Dictionary<string, SyncedFile> known, LocalTree tree, ProjectNames names, CancellationToken stop)
    {
        var (missing, count) = (new List<string>(), 0);
        await foreach (var file in client.RemoteFilesAsync(project, stop, prefix))
        {
            count++;
            // In the order of the list, because the order of arrival differs in each run.
            if (names.IsBelow(file.Path))
                _ = names.Of(file.Path);
            board.Found(file.Size);
            if (known.TryGetValue(file.Path, out var here) && IsSame(file, here, tree))
                board.Done(file.Path, FolderItemState.Unchanged, file.Size);
            else
                missing.Add(file.Path);
        }

        board.Scanned();
        return count > 0
            ? (missing, missing.Count == count)
            : throw new TransferException(
                TransferFailure.NotFound, $"No device serves a file below {prefix}/ now. cu project ls lists the files.");
    }

    private static bool IsSame(RemoteFileAnswer file, SyncedFile here, LocalTree tree)
    {
        if (here.Size != file.Size || (file.Hash is { } hash && hash != here.Hash))
            return false;
        try
        {
            var there = new FileInfo(tree.At(here.LocalPath));
            return there is { Exists: true, LinkTarget: null } && there.Length == file.Size
                && (there.LastWriteTimeUtc - file.ModifiedAt.UtcDateTime).Duration() < SameTime;
        }
        catch (TransferException)
        {
            return false;
        }
    }

    /// <returns>The batch of an earlier run, if it is still open.</returns>
    private async Task<FileBatchAnswer?> GoOnAsync(Guid project, StateFile state, CancellationToken stop)
    {
        if (state.State?.Session is not { } session || !Guid.TryParse(session, out var id))
            return null;
        try
        {
            if (await client.FileBatchAsync(project, id, stop) is { IsOpen: true } batch)
                return batch;
        }
        catch (TransferException failure) when (failure.Status == 404)
        {
            // The service has not heard of it, or it was long ago.
        }

        state.Remove();
        return null;
    }

    /// <returns><c>null</c> if all is refused.</returns>
    private async Task<FileBatchAnswer?> AskAsync(
        Guid project, string prefix, (List<string> Files, bool IsAll) missing, TransferState saved, StateFile state, CancellationToken stop)
    {
        if (!missing.IsAll && missing.Files.Count > MostFiles)
        {
            throw new TransferException(
                TransferFailure.Refused, $"{missing.Files.Count} files are missing here, and at most {MostFiles} are asked for at once. "
                    + "Name folders in it, one after the other.");
        }

        // The id is kept before it is asked with: a lost answer costs nothing.
        var id = Guid.NewGuid();
        state.Save(_ => saved with { Session = id.ToString() });
        var asked = await client.AskForFilesAsync(
            project, missing.IsAll ? new FilesRequestBody(prefix + "/", null, id) : new FilesRequestBody(null, missing.Files, id), stop);
        foreach (var one in asked.Rejected ?? [])
        {
            board.Failure(one.Path, new TransferException(
                one.Code == ProblemCodes.NoSuchFile ? TransferFailure.NotFound : TransferFailure.Refused,
                one.Code switch
                {
                    ProblemCodes.DeclinedLately => "It was declined. It may be asked for again after an hour.",
                    ProblemCodes.TooLargeForRelay => "It is larger than what the service relays.",
                    ProblemCodes.DayUsedUp => "It is larger than what the device sends in a day.",
                    ProblemCodes.NoSuchFile => "The project has no such file now.",
                    _ => "The device does not send it to you.",
                })
            {
                Code = one.Code,
            });
        }

        if (asked.Batch is null)
            state.Remove();
        return asked.Batch;
    }

    /// <summary>Returns the time of the next query: at once while files arrive, otherwise after growing pauses.</summary>
    private static TimeSpan PauseAfter(TimeSpan before, bool hasNew, FileBatchAnswer batch)
    {
        if (hasNew)
            return VerySoon;
        if (batch is { InProgress: 0, Pending: 0 })
            return Later;
        return before < VerySoon ? VerySoon : before * 2 < Soon ? before * 2 : Soon;
    }

    /// <summary>Lists the files that come and that this run does not fetch yet.</summary>
    private async Task<bool> ListAsync(Guid project, FileBatchAnswer batch, ProjectNames names, CancellationToken stop)
    {
        var page = await client.FileTransferPageAsync(project, $"batch={batch.BatchId}&status=in_progress&limit=200", stop);
        foreach (var row in page.Transfers.Where(row => row.IsOpen && names.IsBelow(row.FilePath) && !_running.ContainsKey(row.Id)))
        {
            _ = _seen.TryAdd(row.Id, time.GetTimestamp());
            if (IsReady(row))
                _rows.Enqueue(row);
        }

        return _rows.Count > 0;
    }

    /// <summary>
    /// Returns whether a file is worth a request. A small one that is relayed is whole in a moment, and comes by one request then.
    /// </summary>
    private bool IsReady(FileTransferAnswer row) =>
        row.TotalBytes > SmallSize || row.IsStraight || row.AllSent || time.GetElapsedTime(_seen[row.Id]) > Soon;

    private void Begin(
        Guid project, ProjectFolder files, LocalTree tree, ProjectNames names, Fetch fetch, CancellationToken stop)
    {
        while (_rows.TryPeek(out var row))
        {
            var room = row.TotalBytes > SmallSize ? LargeRoom : 1;
            if (_running.Values.Sum(one => one.Room) + room > Room)
                return;
            _ = _rows.Dequeue();
            var tries = _tries[row.Id] = _tries.GetValueOrDefault(row.Id) + 1;
            var name = names.Of(row.FilePath);
            _running[row.Id] = (room, Task.Run(
                () => FetchAsync(project, row, files, tree, name, tries > Tries, fetch, stop), CancellationToken.None));
        }
    }

    private async Task FetchAsync(
        Guid project, FileTransferAnswer row, ProjectFolder files, LocalTree tree, string name, bool isStuck, Fetch fetch,
        CancellationToken stop)
    {
        try
        {
            if (isStuck)
                throw new TransferException(TransferFailure.Server, "The service did not take the word that the file is here. Ask again.");
            var place = await ProjectPlace.AtAsync(files, tree, row.FilePath, name, overwrite, stop);
            var done = await fetch(row, place, board.Begin(row.FilePath));
            board.Done(row.FilePath, FolderItemState.Moved, done.Size);
        }
        catch (TransferException failure) when (failure.Failure is not TransferFailure.Network and not TransferFailure.Authentication
            && failure.Code != ClientCodes.DiskFull)
        {
            // On a full disk the request stays open: there the next files would fail, too.
            board.Failure(row.FilePath, failure);
            await EndAsync(project, row, stop);
        }
    }

    /// <summary>Cancels transfers of files that cannot be stored here, so that the batch ends.</summary>
    private async Task EndAsync(Guid project, FileTransferAnswer row, CancellationToken stop)
    {
        try
        {
            _ = await client.EndFileTransferAsync(project, row.Id, stop);
        }
        catch (TransferException failure) when (failure.Status is 404 or 409)
        {
            // It has ended.
        }
    }

    private static string Reason(FileBatchAnswer batch) => batch switch
    {
        { Waiting: > 0, Pending: 0, InProgress: 0 } => $"It waits until the user of {batch.Devices} approves the request.",
        _ => $"It waits until {batch.Devices} sends.",
    };
}
