namespace ChunkUpload.Client.Folders;

/// <summary>Some paths, what is below them, and the folders that lead to them.</summary>
internal sealed class PathSelection
{
    private readonly HashSet<string> _paths;
    private readonly HashSet<string> _above = [];

    public PathSelection(IEnumerable<string> paths)
    {
        _paths = [.. paths];
        foreach (var path in _paths)
        {
            for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
                _ = _above.Add(path[..slash]);
        }
    }

    public bool Has(string path)
    {
        if (_paths.Contains(path) || _above.Contains(path))
            return true;
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (_paths.Contains(path[..slash]))
                return true;
        }

        return false;
    }
}
