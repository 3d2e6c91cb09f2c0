namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Finds the folders whose chain of parents never ends. Every folder is visited once, however deep the trees are. It uses about a hundred
/// bytes for each folder.
/// </summary>
internal sealed class FolderCycles
{
    private readonly Dictionary<EntryId, EntryId> _above = [];

    public void Add(EntryId folder, EntryId above) => _above[folder] = above;

    /// <summary>The folders of cycles and all folders below them.</summary>
    public IEnumerable<EntryId> Find()
    {
        // Whether the folder's ancestors form a cycle. A folder that does not exist ends a path.
        var decided = new Dictionary<EntryId, bool>(_above.Count);
        var path = new List<EntryId>();
        var met = new HashSet<EntryId>();
        foreach (var start in _above.Keys)
        {
            path.Clear();
            met.Clear();
            var folder = start;
            while (_above.TryGetValue(folder, out var above) && !decided.ContainsKey(folder) && met.Add(folder))
            {
                path.Add(folder);
                folder = above;
            }

            var cyclic = decided.TryGetValue(folder, out var known) ? known : met.Contains(folder);
            foreach (var passed in path)
                decided[passed] = cyclic;
            if (cyclic)
            {
                foreach (var passed in path)
                    yield return passed;
            }
        }
    }
}
