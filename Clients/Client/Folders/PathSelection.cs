namespace ChunkUpload.Client.Folders;

/// <summary>Some paths, what is below them, and the folders that lead to them.</summary>
internal sealed class PathSelection
{
    private readonly HashSet<string> _paths;
    private readonly HashSet<string> _above = [];
    private readonly HashSet<string> _found = [];

    public PathSelection(IEnumerable<string> paths)
    {
        _paths = [.. paths];
        foreach (var path in _paths)
        {
            for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
                _ = _above.Add(path[..slash]);
        }
    }

    /// <summary>The paths that nothing was found at so far, in their order.</summary>
    public IEnumerable<string> Missing => _paths.Except(_found).Order(StringComparer.Ordinal);

    public bool Has(string path)
    {
        if (_paths.Contains(path))
            return _found.Add(path) || true;
        if (_above.Contains(path))
            return true;
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (_paths.Contains(path[..slash]))
                return true;
        }

        return false;
    }
}
