using ChunkUpload.Client.Encryption;
using ChunkUpload.Client.Http;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Folders;

/// <summary>An encrypted folder whose key was opened.</summary>
/// <param name="Path">The path.</param>
/// <param name="File">What its key file holds.</param>
internal sealed record OpenedFolder(string Path, FolderKeyFile File)
{
    private readonly FolderCipher _names = new(null, File.HidesNames ? FolderKey.Of(File) : null);

    public FolderKey Key { get; } = FolderKey.Of(File);

    /// <summary>The key that encrypts the names; null if they are readable.</summary>
    public FolderKey? Names => File.HidesNames ? Key : null;

    /// <summary>A path that leads into the folder, with the names that the service has.</summary>
    public string Hide(string path)
    {
        if (Names is null || path.Length <= Path.Length)
            return path;
        var below = Path.Length == 0 ? path : path[(Path.Length + 1)..];
        return below.Split('/').All(name => Names.Show(name) is not null)
            ? path
            : (Path.Length == 0 ? "" : Path + "/") + _names.Hide(below);
    }

    /// <summary>A path that leads into the folder, with names as they read; the path itself if they do not.</summary>
    public string ShowPath(string path) => path.Length <= Path.Length ? path
        : _names.Show(Path.Length == 0 ? path : path[(Path.Length + 1)..]) is not { } below ? path
        : Path.Length == 0 ? below : $"{Path}/{below}";

    /// <summary>An entry with its names as they read; one that was not hidden with this key stays as it is.</summary>
    public EntryAnswer Show(EntryAnswer entry)
    {
        var above = Path.Length == 0 ? "" : Path + "/";
        return _names.Show(entry.Path[above.Length..]) is not { } below ? entry : entry with
        {
            Path = above + below,
            Name = below.Split('/')[^1],
            LinkTarget = _names.ShowTarget(below, entry.LinkTarget) ?? entry.LinkTarget,
        };
    }
}
