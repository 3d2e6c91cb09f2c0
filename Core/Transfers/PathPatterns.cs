using System.IO.Enumeration;

namespace ChunkUpload.Core.Transfers;

/// <summary>Decides which paths a transfer includes. A pattern without "/" is compared with names, otherwise with paths.</summary>
public static class PathPatterns
{
    public static bool Allows(TransferOptions options, string path, StorageItemKind kind)
    {
        if (options.Exclude.Any(pattern => Matches(pattern, path)))
            return false;
        // Folders may contain included files.
        return kind == StorageItemKind.Folder || options.Include.Count == 0 || options.Include.Any(pattern => Matches(pattern, path));
    }

    private static bool Matches(string pattern, string path)
    {
        var text = pattern.Contains('/', StringComparison.Ordinal) ? path : path[(path.LastIndexOf('/') + 1)..];
        return FileSystemName.MatchesSimpleExpression(pattern.TrimStart('/'), text.TrimStart('/'), ignoreCase: true);
    }
}
