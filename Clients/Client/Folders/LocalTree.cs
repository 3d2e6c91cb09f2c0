using System.Globalization;

namespace ChunkUpload.Client.Folders;

/// <summary>
/// A local folder that is written to. Neither names from the service nor links in the folder lead out of it.
/// </summary>
internal sealed class LocalTree(string root, bool overwrite, bool dryRun)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _made = [""];

    public string Root => root;

    /// <exception cref="TransferException">A name cannot be one of this system.</exception>
    public string At(string path)
    {
        var names = path.Split('/');
        foreach (var name in names)
        {
            var isFine = name is not ("" or "." or "..") && !name.Contains('\0', StringComparison.Ordinal)
                && (!OperatingSystem.IsWindows() || name == Downloads.LocalName.Of(name));
            if (!isFine)
                throw TransferException.Local("A file of this name cannot be here.");
        }

        return Path.Combine([root, .. names]);
    }

    /// <summary>
    /// Returns the name that a file of the service gets here: harmless for this system, and with a number where another name folds to the
    /// same, because a file system without case would take both for one file.
    /// </summary>
    /// <param name="isTaken">Tells whether another file has a folded name.</param>
    public static string NameFor(string name, Predicate<string> isTaken)
    {
        var safe = Downloads.LocalName.Of(name);
        var stem = Path.GetFileNameWithoutExtension(safe);
        if (stem.Length == 0)
            stem = safe;
        var free = safe;
        for (var number = 2; isTaken(Downloads.LocalName.Fold(free)); number++)
            free = string.Create(CultureInfo.InvariantCulture, $"{stem} ({number}){safe[stem.Length..]}");
        return free;
    }

    /// <summary>Makes a folder, and those above it, if they are missing.</summary>
    public void Make(string path)
    {
        lock (_gate)
        {
            if (_made.Contains(path))
                return;
            var slash = path.LastIndexOf('/');
            if (slash > 0)
                Make(path[..slash]);
            var full = At(path);
            Try(() =>
            {
                // A link would lead what is written into this folder to another place.
                var there = new FileInfo(full);
                if (there.LinkTarget is not null || there.Exists)
                {
                    if (!overwrite)
                        throw new TransferException(TransferFailure.Conflict, $"{full} is there and is no folder.");
                    if (!dryRun)
                        there.Delete();
                }

                if (dryRun)
                    return;
                if (Directory.Exists(full))
                    PartFiles.RemoveLeft(full);
                else
                    _ = Directory.CreateDirectory(full);
            });
            _ = _made.Add(path);
        }
    }

    /// <param name="path">Below the root.</param>
    /// <param name="target">The target of the link.</param>
    /// <param name="modified">Null means its time does not count.</param>
    /// <returns>False if an equal link existed already.</returns>
    public bool Link(string path, string target, DateTime? modified)
    {
        Above(path);
        var full = At(path);
        var there = new FileInfo(full);
        if (there.LinkTarget == target && (modified is null || there.LastWriteTimeUtc == modified))
            return false;
        Try(() =>
        {
            if (there.LinkTarget != target)
            {
                if (there.LinkTarget is not null || there.Exists)
                {
                    if (!overwrite)
                        throw new TransferException(TransferFailure.Conflict, $"{full} is there and is another thing.");
                    if (!dryRun)
                        there.Delete();
                }

                if (!dryRun)
                    _ = File.CreateSymbolicLink(full, target);
            }

            // This is the time of the link and not of what it leads to.
            if (!dryRun && modified is { } time)
                File.SetLastWriteTimeUtc(full, time);
        });
        return true;
    }

    /// <summary>Returns whether a folder is there, and not a link to one.</summary>
    public static bool IsFolder(string full) => new DirectoryInfo(full) is { Exists: true, LinkTarget: null };

    /// <summary>Makes the parent folder of an entry.</summary>
    public void Above(string path)
    {
        if (path.LastIndexOf('/') is > 0 and var slash)
            Make(path[..slash]);
    }

    public void Dress(string path, DateTime? modified, string? mode)
    {
        var full = At(path);
        Try(() =>
        {
            // The mode may forbid to change the time, which comes first.
            if (modified is { } time)
                Directory.SetLastWriteTimeUtc(full, time);
            if (!OperatingSystem.IsWindows() && mode is not null)
                File.SetUnixFileMode(full, (UnixFileMode)(Convert.ToInt32(mode, 8) & 0x1FF));
        });
    }

    public static void Try(Action act)
    {
        try
        {
            act();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local(failure.Message, failure);
        }
    }
}
