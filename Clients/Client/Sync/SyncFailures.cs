namespace ChunkUpload.Client.Sync;

/// <summary>Items that could not be brought to the other side. After three failures each waits longer, up to a day.</summary>
internal sealed class SyncFailures(TimeProvider time)
{
    private const int AtOnce = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Failing> _failing = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_gate)
                return _failing.Count;
        }
    }

    public TransferFailure? First
    {
        get
        {
            lock (_gate)
                return _failing.Count == 0 ? null : _failing.First().Value.Failure.Failure;
        }
    }

    public IReadOnlyDictionary<string, string> Reasons
    {
        get
        {
            lock (_gate)
                return _failing.ToDictionary(one => one.Key, one => one.Value.Failure.Message);
        }
    }

    public bool Waits(string path)
    {
        lock (_gate)
            return _failing.TryGetValue(path, out var failing) && time.GetUtcNow() < failing.Until;
    }

    public void Add(string path, TransferException failure)
    {
        lock (_gate)
        {
            var times = _failing.GetValueOrDefault(path)?.Times + 1 ?? 1;
            var pause = times < AtOnce ? TimeSpan.Zero
                : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(times - AtOnce, 11)));
            _failing[path] = new Failing(times, time.GetUtcNow() + pause, failure);
        }
    }

    public void Remove(string path)
    {
        lock (_gate)
            _ = _failing.Remove(path);
    }

    /// <summary>Removes items that need not be copied any more.</summary>
    public void Keep(IReadOnlySet<string> paths)
    {
        lock (_gate)
        {
            foreach (var path in _failing.Keys.Where(path => !paths.Contains(path)).ToList())
                _ = _failing.Remove(path);
        }
    }

    private sealed record Failing(int Times, DateTimeOffset Until, TransferException Failure);
}
