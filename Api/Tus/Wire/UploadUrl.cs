namespace ChunkUpload.Api.Tus.Wire;

/// <summary>
/// Parses the address of an upload as a client sends it back: absolute or only its path, with any host (T142).
/// </summary>
internal static class UploadUrl
{
    /// <param name="root">The path of uploads without a slash at its end, including a proxy's prefix.</param>
    public static bool TryRead(ReadOnlySpan<char> url, ReadOnlySpan<char> root, out UploadId id)
    {
        id = default;
        var path = PathOf(url);
        if (!path.StartsWith(root, StringComparison.OrdinalIgnoreCase) || path.Length <= root.Length || path[root.Length] != '/')
            return false;
        var last = path[(root.Length + 1)..];
        // A trailing slash names the same upload (T13).
        if (last.EndsWith("/"))
            last = last[..^1];
        return last.Length == 32 && UploadId.TryParse(last.ToString(), out id);
    }

    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> url)
    {
        var end = url.IndexOfAny('?', '#');
        if (end >= 0)
            url = url[..end];
        if (url.StartsWith("//"))
            return AfterHost(url[2..]);
        if (url.StartsWith("/"))
            return url;
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        return scheme <= 0 || url[..scheme].ContainsAny('/', '@') ? default : AfterHost(url[(scheme + 3)..]);
    }

    private static ReadOnlySpan<char> AfterHost(ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        return slash <= 0 ? default : rest[slash..];
    }
}
