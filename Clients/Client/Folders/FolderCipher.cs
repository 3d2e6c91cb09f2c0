using System.Collections.Concurrent;
using ChunkUpload.Client.Encryption;

namespace ChunkUpload.Client.Folders;

/// <summary>How what lies in an encrypted folder looks at the service: sizes, and names where they are hidden.</summary>
/// <param name="files">How files are encrypted; null: nothing is sent.</param>
/// <param name="names">Hides names; null: they are readable.</param>
internal sealed class FolderCipher(EncryptionOptions? files, FolderKey? names)
{
    private readonly int _header = files is null ? 0 : EncryptedFile.Create(files).HeaderLength;
    private readonly ConcurrentDictionary<string, string> _hidden = new();
    private readonly ConcurrentDictionary<string, string> _shown = new();

    public EncryptionOptions? Files => files;

    public bool HidesNames => names is not null;

    public long SizeOf(long text) => _header + ChunkedCipher.MessageLength(text);

    /// <exception cref="TransferException">A name is too long.</exception>
    public string Hide(string path)
    {
        if (names is null)
            return path;
        var slash = path.LastIndexOf('/');
        var own = names.Hide(path, path[(slash + 1)..]);
        return slash < 0 ? own : $"{_hidden.GetOrAdd(path[..slash], Hide)}/{own}";
    }

    public string? HideTarget(string path, string? target) =>
        names is null || target is null ? target : names.Hide(path, target, isName: false);

    /// <returns>Null: a name of the path was not hidden with this folder's key.</returns>
    public string? Show(string path)
    {
        if (names is null)
            return path;
        if (_shown.TryGetValue(path, out var known))
            return known;
        var slash = path.LastIndexOf('/');
        var own = names.Show(path[(slash + 1)..]);
        if (own is null || slash < 0)
            return own;
        var above = Show(path[..slash]);
        if (above is null)
            return null;
        // What lies in a folder comes after it, and asks for it again.
        _shown[path[..slash]] = above;
        return $"{above}/{own}";
    }

    public string? ShowTarget(string? target) => names is null || target is null ? target : names.Show(target);
}
