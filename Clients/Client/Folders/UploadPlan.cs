namespace ChunkUpload.Client.Folders;

/// <summary>A unit of work: one file, or a pack of small files.</summary>
/// <param name="Alone">The file; null for a pack.</param>
/// <param name="Pack">The files that are sent in one archive.</param>
internal sealed record UploadTask(LocalEntry? Alone, IReadOnlyList<LocalEntry> Pack);

/// <summary>
/// Determines which scanned entries must be sent: 1. collect files in batches; 2. ask the service which of them it has, by size and time;
/// 3. pack small files, and send large ones alone; 4. compare links and folders with a list that is read meanwhile. They come last, as
/// files that are added to a folder change its time.
/// </summary>
/// <param name="remote">The target.</param>
/// <param name="board">Receives the reports.</param>
/// <param name="options">The options of the upload.</param>
/// <param name="time">The clock.</param>
/// <param name="postpone">Postpones a file whose path is taken by an entry of another kind.</param>
internal sealed class UploadPlan(
    RemoteTree remote, FolderBoard board, FolderOptions options, TimeProvider time, Action<LocalEntry> postpone)
{
    /// <summary>Up to this size the service keeps a member of an archive in memory, and publishes many at once.</summary>
    public const int Small = 1 << 20;

    // The first questions are short, so that bytes flow at once.
    private const int FirstBatch = 128;
    private const int Batch = 2000;
    private const int PackFiles = 512;
    private const int Hashing = 4;
    private const int PackBytes = 8 << 20;

    private readonly FileFilter _filter = new(options, time);
    private readonly List<LocalEntry> _late = [];
    private readonly List<LocalEntry> _pack = [];
    private long _packed;

    /// <summary>The entries of the source, if entries may be deleted at the target.</summary>
    public Dictionary<string, LocalKind>? Seen { get; } = options.DeleteExtra ? [] : null;

    public LinkPolicy Links => options.Links;

    /// <summary>Gets a value that indicates whether files are sent also where they are there.</summary>
    public bool SendsAll { get; init; }

    public PathSelection? Only { get; } = options.Only is { } paths ? new PathSelection(paths) : null;

    public async IAsyncEnumerable<UploadTask> MakeAsync(
        IEnumerable<LocalEntry> scan, bool isThere, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        // 1. Collect files in batches.
        var (batch, most) = (new List<LocalEntry>(), FirstBatch);
        foreach (var entry in scan)
        {
            stop.ThrowIfCancellationRequested();
            Seen?[entry.Path] = entry.Kind;
            if (entry.Kind == LocalKind.Other)
            {
                if (entry.IsUnknown)
                    board.Failure(entry.Path, TransferException.Local(entry.Message!));
                else
                    board.Done(new FolderItem(entry.Path, FolderItemState.Skipped, 0, null, entry.Message));
                continue;
            }

            if (remote.Refusal(entry.Path) is { } refusal)
            {
                board.Failure(entry.Path, refusal);
                continue;
            }

            if (entry.Kind == LocalKind.File && _filter.LeavesOut(entry.Size, entry.Modified))
                continue;

            if (entry.Kind == LocalKind.File && IsYoung(entry))
            {
                board.Done(entry.Path, FolderItemState.Left);
                continue;
            }

            board.Found(entry.Size);
            if (entry.Kind != LocalKind.Link)
                board.NotKept.Add(LocalExtras.Of(entry.Full, entry.Kind == LocalKind.File));
            if (entry.Kind != LocalKind.File)
            {
                _late.Add(entry);
                continue;
            }

            batch.Add(entry);
            if (batch.Count < most)
                continue;
            foreach (var task in await SortAsync(batch, isThere, stop))
                yield return task;
            (batch, most) = ([], Batch);
        }

        board.Scanned();
        foreach (var task in await SortAsync(batch, isThere, stop))
            yield return task;
        if (_pack.Count > 0)
            yield return Flush();
    }

    // 4. Compare links and folders with a list that is read meanwhile.
    /// <summary>The entries at the target that are not files.</summary>
    public async Task<Dictionary<string, Http.EntryAnswer>> ListAsync(CancellationToken stop)
    {
        var there = new Dictionary<string, Http.EntryAnswer>();
        await foreach (var item in remote.ListAsync(withForeign: false, stop))
        {
            if (item.Kind != "file")
                there[item.Path] = item;
        }

        return there;
    }

    /// <summary>Links or folders that are missing at the target or differ there.</summary>
    public IEnumerable<UploadTask> Late(LocalKind kind, IReadOnlyDictionary<string, Http.EntryAnswer> there)
    {
        foreach (var entry in _late.Where(entry => entry.Kind == kind))
        {
            if (there.TryGetValue(entry.Path, out var known) && Same(entry, known))
                board.Done(entry.Path, FolderItemState.Unchanged);
            else if (Put(entry) is { } full)
                yield return full;
        }

        if (_pack.Count > 0)
            yield return Flush();
    }

    // A time in the future proves nothing.
    private bool IsYoung(LocalEntry entry) =>
        options.Rest > TimeSpan.Zero && time.GetUtcNow().UtcDateTime - entry.Modified is { Ticks: >= 0 } age && age < options.Rest;

    private bool Same(LocalEntry entry, Http.EntryAnswer there)
    {
        if (entry.Kind == LocalKind.Link)
            return there.Kind == "link" && there.LinkTarget == entry.LinkTarget && SameTime(entry, there);
        return there.Kind == "folder" && SameTime(entry, there)
            && (!options.KeepAttributes || entry.Mode is null || entry.Mode == there.Mode);
    }

    private bool SameTime(LocalEntry entry, Http.EntryAnswer there) =>
        !options.KeepAttributes || !UnixTime.IsKept(entry.Modified) || UnixTime.Parse(there.ModifiedAt) == entry.Modified;

    // 2. Ask the service which of them it has, by size and time.
    private async Task<List<UploadTask>> SortAsync(List<LocalEntry> batch, bool isThere, CancellationToken stop)
    {
        var tasks = new List<UploadTask>();
        var states = isThere && batch.Count > 0 ? await StatesAsync(batch, stop) : null;
        for (var at = 0; at < batch.Count; at++)
        {
            var entry = batch[at];
            switch (states?[at])
            {
                case { State: "equal" } when !SendsAll:
                case { State: "differs", Why: ["time"] } when !options.KeepAttributes && !SendsAll:
                    board.Done(entry.Path, FolderItemState.Unchanged, entry.Size);
                    continue;
                case { State: "invalid" } invalid:
                    board.Failure(entry.Path, new TransferException(TransferFailure.Refused, invalid.Detail ?? "The name is not valid."));
                    continue;
                case { State: "differs", Why: ["kind", ..] } when options.DeleteExtra:
                    postpone(entry);
                    continue;
                case { State: "differs" } when options.Update && await remote.ModifiedAsync(entry.Path, stop) > entry.Modified:
                    board.Done(entry.Path, FolderItemState.Unchanged, entry.Size);
                    continue;
            }

            // 3. Pack small files, and send large ones alone.
            if (TaskOf(entry) is { } task)
                tasks.Add(task);
        }

        return tasks;
    }

    private async Task<List<Http.CheckedAnswer>> StatesAsync(List<LocalEntry> batch, CancellationToken stop)
    {
        if (!options.Checksum)
            return await remote.CheckAsync(batch, null, stop);
        var digests = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();
        await Parallel.ForEachAsync(
            batch, new ParallelOptions { MaxDegreeOfParallelism = Hashing, CancellationToken = stop },
            // A file that cannot be read is sent, which says why it fails.
            async (entry, token) => digests[entry.Path] = await LocalDigest.TryAsync(entry.Full, token));
        return await remote.CheckAsync(batch, digests, stop);
    }

    /// <summary>Returns the tasks of the postponed entries.</summary>
    public IEnumerable<UploadTask> Again(IEnumerable<LocalEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (TaskOf(entry) is { } task)
                yield return task;
        }

        if (_pack.Count > 0)
            yield return Flush();
    }

    private UploadTask? TaskOf(LocalEntry entry) => entry.Size > Small ? new UploadTask(entry, []) : Put(entry);

    private UploadTask? Put(LocalEntry entry)
    {
        _pack.Add(entry);
        _packed += entry.Size;
        return _pack.Count >= PackFiles || _packed >= PackBytes ? Flush() : null;
    }

    private UploadTask Flush()
    {
        var task = new UploadTask(null, [.. _pack]);
        _pack.Clear();
        _packed = 0;
        return task;
    }
}
