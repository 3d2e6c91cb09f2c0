using System.Collections.Concurrent;
using ChunkUpload.Client.Encryption;

namespace ChunkUpload.Client.Folders;

/// <summary>A folder below the one that is read, with a key of its own.</summary>
/// <param name="Key">Null if no identity opens it.</param>
/// <param name="HidesNames">Whether the key hides the names in the folder.</param>
internal sealed record NestedKey(FolderKey? Key, bool HidesNames);

/// <summary>How what lies in an encrypted folder looks at the service: sizes, and names where they are hidden.</summary>
/// <param name="files">How files are encrypted; null if nothing is sent.</param>
/// <param name="names">Hides names; null if they are readable.</param>
/// <param name="nested">Folders with keys of their own, by their paths at the service; null means none.</param>
internal sealed class FolderCipher(
    EncryptionOptions? files, FolderKey? names, IReadOnlyDictionary<string, NestedKey>? nested = null)
{
    private readonly int _header = files is null ? 0 : EncryptedFile.Create(files, path: "").HeaderLength;
    private readonly int _unbound = files is null ? 0 : EncryptedFile.Create(files).HeaderLength;
    private readonly ConcurrentDictionary<(FolderKey Key, string Path), string> _hidden = new();
    private readonly ConcurrentDictionary<string, string> _shown = new();

    public EncryptionOptions? Files => files;

    public bool HidesNames => names is not null;

    /// <param name="text">The size of the content.</param>
    /// <param name="isBound">Whether the header has the path, as those of older clients do not.</param>
    public long SizeOf(long text, bool isBound) => (isBound ? _header : _unbound) + ChunkedCipher.MessageLength(text);

    /// <summary>Returns whether a folder of the service has a key that no identity opens.</summary>
    public bool IsClosed(string path) => nested?.TryGetValue(path, out var own) == true && own.Key is null;

    /// <exception cref="TransferException">A name is too long.</exception>
    public string Hide(string path)
    {
        var (at, shown) = Nested(path);
        if (at is null)
            return names is null ? path : Hide(names, path);
        if (path.Length == shown.Length)
            return at;
        var below = path[(shown.Length + 1)..];
        return $"{at}/{(nested![at] is { HidesNames: true, Key: { } key } ? Hide(key, below) : below)}";
    }

    public string? HideTarget(string path, string? target) =>
        names is null || target is null ? target : names.Hide(path, target, isName: false);

    /// <returns>Null if a name of the path was not hidden with the key of the folder that it is in, or no identity opens this
    /// key.</returns>
    public string? Show(string path)
    {
        if (names is null && nested is null or { Count: 0 })
            return path;
        if (_shown.TryGetValue(path, out var known))
            return known;
        var slash = path.LastIndexOf('/');
        if (ShowParent(path) is not { } above)
            return null;
        var own = path[(slash + 1)..];
        var (isOpen, key) = KeyAt(slash < 0 ? "" : path[..slash]);
        if (!isOpen)
            return null;
        // The name of a folder with its own key may be readable anyway.
        if (key?.Show(own) is { } shown && !shown.Contains('/', StringComparison.Ordinal))
            own = shown;
        else if (key is not null && nested?.ContainsKey(path) != true)
            return null;
        return above.Length == 0 ? own : $"{above}/{own}";
    }

    /// <summary>The folder of a path with names as they read, which is empty at the top.</summary>
    /// <returns>Null if the key does not open these names.</returns>
    public string? ShowParent(string path)
    {
        if (path.LastIndexOf('/') is not (> 0 and var slash))
            return "";
        var parent = path[..slash];
        if (!KeyAt(parent).IsOpen || Show(parent) is not { } above)
            return null;
        // The entries of a folder follow it, and need the same key again.
        _shown[parent] = above;
        return above;
    }

    public string? ShowTarget(string path, string? target)
    {
        var key = KeyAt(path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "").Key;
        return key is null || target is null ? target : key.Show(target);
    }

    private string Hide(FolderKey key, string path)
    {
        var slash = path.LastIndexOf('/');
        var own = key.Hide(path, path[(slash + 1)..]);
        return slash < 0 ? own : $"{_hidden.GetOrAdd((key, path[..slash]), above => Hide(above.Key, above.Path))}/{own}";
    }

    /// <summary>The key that hides the names in a folder of the service, and whether it can be opened.</summary>
    private (bool IsOpen, FolderKey? Key) KeyAt(string folder)
    {
        for (var at = folder; nested is not null && at.Length > 0; at = at.LastIndexOf('/') is > 0 and var slash ? at[..slash] : "")
        {
            if (nested.TryGetValue(at, out var own))
                return (own.Key is not null, own.HidesNames ? own.Key : null);
        }

        return (true, names);
    }

    /// <summary>The innermost folder with a key of its own that a path as it reads leads to or into.</summary>
    private (string? At, string Shown) Nested(string path)
    {
        (string? At, string Shown) found = (null, "");
        foreach (var at in nested?.Keys ?? [])
        {
            if (Show(at) is { } shown && shown.Length >= found.Shown.Length
                && (path == shown || path.StartsWith(shown + "/", StringComparison.Ordinal)))
                found = (at, shown);
        }

        return found;
    }
}
