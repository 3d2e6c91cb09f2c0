namespace ChunkUpload.Agent;

/// <summary>The paths below a folder that the system reports as created, changed or removed.</summary>
internal sealed class FolderNews : IDisposable
{
    // Beyond this, looking at everything is not slower.
    private const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly FileSystemWatcher? _watcher;

    // A folder that is removed and created again is not watched any more, so changes below it are not reported.
    private readonly FileSystemWatcher? _above;
    private HashSet<string> _paths = [];
    private bool _isLost;
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FolderNews(string root)
    {
        _root = root;
        try
        {
            _watcher = new FileSystemWatcher(root)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            _watcher.Created += (_, news) => Add(news.FullPath);
            _watcher.Changed += (_, news) => Add(news.FullPath);
            _watcher.Deleted += (_, news) => Add(news.FullPath);
            _watcher.Renamed += (_, news) =>
            {
                Add(news.OldFullPath);
                Add(news.FullPath);
            };
            _watcher.Error += (_, _) => Lose();
            _watcher.EnableRaisingEvents = true;
            if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))) is not { } above)
                return;
            _above = new FileSystemWatcher(above) { NotifyFilter = NotifyFilters.DirectoryName };
            _above.Created += (_, news) => LoseIf(news.FullPath);
            _above.Deleted += (_, news) => LoseIf(news.FullPath);
            _above.Renamed += (_, news) =>
            {
                LoseIf(news.OldFullPath);
                LoseIf(news.FullPath);
            };
            _above.EnableRaisingEvents = true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Fault = failure.Message;
        }
    }

    /// <summary>Why the system gives no news.</summary>
    public string? Fault { get; }

    /// <summary>Completes when the next change is reported.</summary>
    public Task Coming
    {
        get
        {
            lock (_gate)
                return _came.Task;
        }
    }

    /// <summary>Returns and clears the paths; null if some may be missing, so that everything must be scanned.</summary>
    public IReadOnlyCollection<string>? Take()
    {
        lock (_gate)
        {
            var (paths, isLost) = (_paths, _isLost);
            (_paths, _isLost, _came) = ([], false, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return isLost ? null : paths;
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _above?.Dispose();
    }

    private void LoseIf(string full)
    {
        if (Path.GetFileName(full) == Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_root))))
            Lose();
    }

    private void Add(string full)
    {
        var path = Path.GetRelativePath(_root, full).Replace(Path.DirectorySeparatorChar, '/');
        lock (_gate)
        {
            if (_paths.Count < Most)
                _ = _paths.Add(path);
            else
                _isLost = true;
            _ = _came.TrySetResult();
        }
    }

    private void Lose()
    {
        lock (_gate)
        {
            _isLost = true;
            _ = _came.TrySetResult();
        }
    }
}
