using System.Globalization;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>
/// A folder that the operating system watches. Its position advances one second after the last change, and at least every five seconds
/// during continuous changes. It starts with a change, because changes during its setup may not be reported.
/// </summary>
internal sealed class FolderWatch : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly string _id = Guid.NewGuid().ToString("n");
    private readonly TimeProvider _time;
    private readonly FileSystemWatcher _watcher;
    private long _count;
    private long? _first;
    private long _last;
    private bool _isLost;

    private FolderWatch(string root, string path, (uint, uint, ulong) identity, TimeProvider time)
    {
        (Root, Identity, _time) = (root, identity, time);
        _watcher = new FileSystemWatcher(path)
        {
            IncludeSubdirectories = true,
            NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
        };
        _watcher.Created += (_, _) => Note();
        _watcher.Changed += (_, _) => Note();
        _watcher.Deleted += (_, _) => Note();
        _watcher.Renamed += (_, _) => Note();
        _watcher.Error += (_, _) => Lose();
    }

    public string Root { get; }

    /// <summary>The device and inode of the folder.</summary>
    public (uint, uint, ulong) Identity { get; }

    /// <summary>The position, which differs after each change; <c>null</c> if changes may have been missed.</summary>
    public string? Position
    {
        get
        {
            lock (_gate)
            {
                if (_first is { } first && (_time.GetElapsedTime(_last) >= Quiet || _time.GetElapsedTime(first) >= Longest))
                    (_count, _first) = (_count + 1, null);
                return _isLost ? null : string.Create(CultureInfo.InvariantCulture, $"{_id}:{_count}");
            }
        }
    }

    /// <returns><c>null</c> if the system cannot watch the folder.</returns>
    public static FolderWatch? Begin(string root, string path, (uint, uint, ulong) identity, TimeProvider time)
    {
        FolderWatch? watch = null;
        try
        {
            watch = new FolderWatch(root, path, identity, time);
            watch.Note();
            watch._watcher.EnableRaisingEvents = true;
            return watch;
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException or ArgumentException)
        {
            watch?.Dispose();
            return null;
        }
    }

    /// <summary>Returns whether a position was issued by this watch.</summary>
    public bool Gave(string position) => position.StartsWith(_id, StringComparison.Ordinal);

    public void Dispose()
    {
        Lose();
        _watcher.Dispose();
    }

    private void Note()
    {
        lock (_gate)
        {
            _last = _time.GetTimestamp();
            _first ??= _last;
        }
    }

    private void Lose()
    {
        lock (_gate)
            _isLost = true;
    }
}
