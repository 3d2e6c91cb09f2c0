namespace ChunkUpload.Agent.Serving;

/// <summary>Checks the folders that an agent serves. Folders that it must never send are refused, independently of the service.</summary>
internal static class ServedRoot
{
    /// <returns>Why the folder is not served, as a sentence; <c>null</c> if it is.</returns>
    public static string? Fault(string root, string states)
    {
        root = Trimmed(root);
        if (Path.GetPathRoot(root) is { } drive && Trimmed(drive) == root)
            return $"{root} is a whole drive. Serve a folder in it.";
        var home = Trimmed(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));
        if (home.Length > 0 && IsWithin(home, root))
            return $"{root} is, or contains, your home folder, with keys and settings in it. Serve a folder in it.";
        if (IsWithin(Trimmed(states), root) || IsWithin(root, Trimmed(states)))
            return $"{root} has the state of this program in it, or lies in that. Serve another folder.";
        return Directory.Exists(root) && new DirectoryInfo(root).LinkTarget is not null
            ? $"{root} is a link. Serve the folder that it leads to."
            : null;
    }

    private static string Trimmed(string path) => path.Length == 0 ? "" : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static bool IsWithin(string path, string folder) => path == folder
        || path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
