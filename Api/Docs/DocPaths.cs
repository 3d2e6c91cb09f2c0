namespace ChunkUpload.Api.Docs;

/// <summary>
/// Maps the files of the repository that the site has to their paths in the site: the folder docs is the root of the site, its README.md is
/// the first page, and Markdown becomes HTML.
/// </summary>
internal static class DocPaths
{
    public const string Index = "index.html";

    /// <summary>The list of all documents, from which the navigation is made.</summary>
    public const string Contents = "docs/README.md";

    private const string Folder = "docs/";
    private const string Markdown = ".md";

    public static bool IsMarkdown(string source) => source.EndsWith(Markdown, StringComparison.Ordinal);

    public static string SiteOf(string source)
    {
        if (source == Contents)
            return Index;
        var path = IsMarkdown(source) ? source[..^Markdown.Length] + ".html" : source;
        return path.StartsWith(Folder, StringComparison.Ordinal) ? path[Folder.Length..] : path;
    }

    /// <summary>Returns where a relative link of a file leads to in the repository.</summary>
    public static string Resolve(string source, string link)
    {
        var parts = source.Split('/')[..^1].ToList();
        foreach (var part in link.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or ""))
                parts.Add(part);
        }

        return string.Join('/', parts);
    }

    /// <summary>Returns the link from one page of the site to another of its files, as it works at an address and in a folder.</summary>
    public static string Relative(string from, string to)
    {
        var (here, there) = (from.Split('/')[..^1], to.Split('/'));
        var shared = 0;
        while (shared < here.Length && shared < there.Length - 1 && here[shared] == there[shared])
            shared++;
        return string.Concat(Enumerable.Repeat("../", here.Length - shared)) + string.Join('/', there[shared..]);
    }
}
