using System.IO.Enumeration;

namespace ChunkUpload.Core.Access.Links;

/// <summary>
/// The rules of an upload link. The name, the type and the size of one file are compared here; the ledger decides how many files and bytes
/// are left, in the transaction that creates the upload.
/// </summary>
public static class LinkRules
{
    /// <param name="contentType">As the client declares it.</param>
    public static UploadFailure? Refuse(UploadLimits limits, string name, string contentType)
    {
        if (limits.Types.Count > 0 && !limits.Types.Any(type => Matches(type, contentType)))
            return new(UploadError.LinkType, $"This link takes only files of these types: {string.Join(", ", limits.Types)}.");
        return limits.Names.Count > 0 && !limits.Names.Any(pattern => MatchesName(pattern, name))
            ? new(UploadError.LinkName, $"This link takes only files with names like {string.Join(", ", limits.Names)}.")
            : null;
    }

    public static UploadFailure? RefuseSize(UploadLimits limits, long? size) =>
        size > limits.Largest
            ? new(UploadError.LinkSize, $"A file through this link may have at most {ByteText.Of(limits.Largest.Value)}.") : null;

    /// <summary>Returns where an upload through the link is published; null means it stays unfiled.</summary>
    /// <param name="path">The path from the client; the last element is the file's name.</param>
    public static Result<FileTarget>? Target(ShareLink link, IReadOnlyList<string> path)
    {
        if (link is not { Space: { } space, Entry: { } folder })
            return null;
        IReadOnlyList<string> names = link.Uploads.Folders ? path : [path[^1]];
        return TreePath.Fault(names) is { } fault
            ? new UploadFailure(UploadError.LinkName, fault)
            : new FileTarget(new Place(space, folder, names), NameConflict.Rename);
    }

    /// <returns>Null if the pattern is valid for a link; otherwise a sentence that says what is wrong.</returns>
    public static string? TypeFault(string type)
    {
        var parts = type.Split('/');
        return parts.Length == 2 && parts.All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || "*.+-_".Contains(c)))
            && parts[0] != "*" && (parts[1] == "*" || !parts[1].Contains('*'))
            ? null
            : "Write a type such as image/jpeg, or image/* for all images.";
    }

    /// <summary>Returns whether a declared media type matches the pattern.</summary>
    public static bool Matches(string type, string declared)
    {
        var end = declared.IndexOf(';');
        var plain = (end < 0 ? declared : declared[..end]).Trim();
        return type.EndsWith("/*", StringComparison.Ordinal)
            ? plain.StartsWith(type[..^1], StringComparison.OrdinalIgnoreCase)
            : plain.Equals(type, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Returns whether a name matches the pattern; case does not matter.</summary>
    public static bool MatchesName(string pattern, string name) => FileSystemName.MatchesSimpleExpression(Escaped(pattern), name);

    // MatchesSimpleExpression takes a backslash as an escape character.
    private static string Escaped(string pattern) => pattern.Replace(@"\", @"\\", StringComparison.Ordinal);
}
