namespace ChunkUpload.Core.Tree;

/// <summary>
/// Caches the folders of recent uploads, so that a small file sent by path needs no lookup. An entry may be outdated, because publishing
/// refuses a folder that no longer exists. This process clears the cache when it moves or removes a folder.
/// </summary>
internal sealed class FolderCache
{
    private const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(EntryId Space, string Path), EntryId> _folders = [];
    private long _stamp;

    /// <summary>The stamp to read before a folder is looked up.</summary>
    public long Stamp
    {
        get
        {
            lock (_gate)
                return _stamp;
        }
    }

    public EntryId? Find(EntryId space, string path)
    {
        lock (_gate)
            return _folders.TryGetValue((space, path), out var folder) ? folder : null;
    }

    /// <summary>Adds a folder, unless folders were moved or removed since the stamp.</summary>
    public void Add(EntryId space, string path, EntryId folder, long stamp)
    {
        lock (_gate)
        {
            if (stamp != _stamp)
                return;
            if (_folders.Count >= Most)
                _folders.Clear();
            _folders[(space, path)] = folder;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _stamp++;
            _folders.Clear();
        }
    }
}
