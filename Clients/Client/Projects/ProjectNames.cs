using ChunkUpload.Client.Downloads;
using ChunkUpload.Client.Folders;

namespace ChunkUpload.Client.Projects;

/// <summary>
/// The local names of the files below a folder of a project: harmless for this system, the same at every run, and with a number where
/// another name folds to the same.
/// </summary>
internal sealed class ProjectNames
{
    private readonly string _prefix;
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal) { [""] = "" };
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _taken = new(StringComparer.Ordinal);

    /// <param name="known">What the local folder has.</param>
    /// <param name="prefix">The folder in the project, without a slash at its end.</param>
    public ProjectNames(IEnumerable<SyncedFile> known, string prefix)
    {
        _prefix = prefix;
        _ = Take("", ProjectFolder.ManifestName);
        foreach (var file in known)
        {
            var names = file.LocalPath.Split('/');
            if (names.Any(name => name != LocalName.Of(name)))
                continue;
            var remote = IsBelow(file.Path) ? RelativeOf(file.Path).Split('/') : [];
            for (var depth = 0; depth < names.Length; depth++)
                _ = Take(string.Join('/', names[..depth]), names[depth]);
            if (remote.Length != names.Length)
                continue;
            for (var depth = 1; depth < names.Length; depth++)
                _ = _folders.TryAdd(string.Join('/', remote[..depth]), string.Join('/', names[..depth]));
            _files[file.Path] = file.LocalPath;
        }
    }

    public bool IsBelow(string path) =>
        path.Length > _prefix.Length + 1 && path.StartsWith(_prefix, StringComparison.Ordinal) && path[_prefix.Length] == '/';

    /// <summary>Returns the local path of a file below the prefix.</summary>
    public string Of(string path)
    {
        if (_files.TryGetValue(path, out var known))
            return known;
        var (folder, name) = Split(RelativeOf(path));
        return _files[path] = Add(FolderOf(folder), name);
    }

    private string FolderOf(string relative)
    {
        if (_folders.TryGetValue(relative, out var known))
            return known;
        var (parent, name) = Split(relative);
        return _folders[relative] = Add(FolderOf(parent), name);
    }

    private string Add(string folder, string name)
    {
        var taken = _taken.GetValueOrDefault(folder);
        var local = LocalTree.NameFor(name, folded => taken?.Contains(folded) == true);
        _ = Take(folder, local);
        return folder.Length == 0 ? local : $"{folder}/{local}";
    }

    private bool Take(string folder, string name)
    {
        if (!_taken.TryGetValue(folder, out var names))
            _taken[folder] = names = new HashSet<string>(StringComparer.Ordinal);
        return names.Add(LocalName.Fold(name));
    }

    private string RelativeOf(string path) => path[(_prefix.Length + 1)..];

    private static (string Folder, string Name) Split(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }
}
