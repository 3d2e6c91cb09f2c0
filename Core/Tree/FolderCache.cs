namespace ChunkUpload.Core.Tree;

/// <summary>
/// The folders of recent uploads, so that a small file sent by path costs no look-up. An entry may be outdated, because uploads are only
/// bound to it: publishing refuses a folder that is gone. This process clears the cache whenever it moves or removes a folder.
/// </summary>
internal sealed class FolderCache
{
    private const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(EntryId Space, string Path), EntryId> _folders = [];
    private long _stamp;

    /// <summary>To be taken before a folder is looked up.</summary>
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

    /// <summary>Does nothing if folders were moved or removed since the stamp.</summary>
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
