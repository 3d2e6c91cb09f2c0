using System.Collections.Concurrent;

namespace ChunkUpload.Client.Folders;

/// <summary>Counts what happens with the entries of a folder, and reports it.</summary>
internal sealed class FolderBoard(IProgress<FolderProgress>? report, TimeProvider time)
{
    private const int MostFailures = 1000;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly long _began = time.GetTimestamp();
    private readonly ConcurrentDictionary<string, TransferProgress> _running = new();
    private readonly List<FolderItem> _failures = [];
    private readonly long[] _counts = new long[Enum.GetValues<FolderItemState>().Length];
    private long _found, _foundBytes, _safe, _moved, _reported;
    private bool _isScanned;
    private string? _trouble;

    /// <summary>The properties of the source that the service cannot store.</summary>
    public NotKept NotKept { get; } = new();

    public long Failed => Interlocked.Read(ref _counts[(int)FolderItemState.Failed]);

    /// <summary>The reason why the transfer waits. A change is reported at once.</summary>
    public string? Trouble
    {
        get => _trouble;
        set
        {
            if (Interlocked.Exchange(ref _trouble, value) != value && value is not null)
                Report(null, always: true);
        }
    }

    public void Found(long bytes)
    {
        lock (_gate)
        {
            _found++;
            _foundBytes += bytes;
        }

        Report(null);
    }

    public void Scanned()
    {
        lock (_gate)
            _isScanned = true;
        Report(null);
    }

    /// <summary>A large file, which reports for itself.</summary>
    public IProgress<TransferProgress> Begin(string path) => new Forward(now =>
    {
        _running[path] = now;
        Report(null);
    });

    public void Done(string path, FolderItemState state, long size = 0) => Done(new FolderItem(path, state, size));

    public void Failure(string path, TransferException failure) =>
        Done(new FolderItem(path, FolderItemState.Failed, 0, failure.Failure, failure.Message));

    /// <summary>After the source was listed: what was asked for and is not in it has failed.</summary>
    public void Missing(PathSelection? asked, TransferFailure failure)
    {
        foreach (var path in asked?.Missing ?? [])
            Failure(path, new TransferException(failure, "The folder has nothing at this path, which was asked for."));
    }

    public void Done(FolderItem item)
    {
        lock (_gate)
        {
            _ = _running.TryRemove(item.Path, out _);
            _counts[(int)item.State]++;
            if (item.State is FolderItemState.Moved or FolderItemState.Unchanged)
                _safe += item.Size;
            if (item.State == FolderItemState.Moved)
                _moved += item.Size;
            if (item.State == FolderItemState.Failed && _failures.Count < MostFailures)
                _failures.Add(item);
        }

        Report(item);
    }

    public FolderResult Result()
    {
        lock (_gate)
        {
            return new FolderResult(
                Count(FolderItemState.Moved), _moved, Count(FolderItemState.Unchanged), Count(FolderItemState.Deleted),
                Count(FolderItemState.Skipped), [.. _failures], Count(FolderItemState.Failed), time.GetElapsedTime(_began))
            {
                NotKept = NotKept.Phrases,
            };
        }
    }

    private long Count(FolderItemState state) => _counts[(int)state];

    private void Report(FolderItem? item, bool always = false)
    {
        if (report is null)
            return;
        FolderProgress now;
        lock (_gate)
        {
            if (item is null && !always && _reported != 0 && time.GetElapsedTime(_reported) < Pace)
                return;
            _reported = time.GetTimestamp();
            var running = _running.Values.ToList();
            var flying = running.Sum(file => file.Safe);
            now = new FolderProgress
            {
                IsScanned = _isScanned,
                Found = _found,
                FoundBytes = _foundBytes,
                Done = _counts.Sum() - Count(FolderItemState.Deleted),
                SafeBytes = _safe + flying,
                AverageSpeed = (_moved + flying) / Math.Max(0.001, time.GetElapsedTime(_began).TotalSeconds),
                Running = running,
                Trouble = Trouble ?? running.FirstOrDefault(file => file.Trouble is not null)?.Trouble,
                Item = item,
            };
        }

        report.Report(now);
    }

    private sealed class Forward(Action<TransferProgress> report) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => report(value);
    }
}
