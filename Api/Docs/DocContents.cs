using System.Text.RegularExpressions;

namespace ChunkUpload.Api.Docs;

/// <summary>The groups of documents that docs/README.md lists, in its order.</summary>
internal sealed partial class DocContents
{
    private DocContents(IReadOnlyList<Group> groups) => Groups = groups;

    public IReadOnlyList<Group> Groups { get; }

    /// <param name="text">The headings of the second level are the groups; each item of their lists begins with a link.</param>
    public static DocContents Read(string text)
    {
        var groups = new List<Group>();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                groups.Add(new Group(line[3..].Trim(), []));
            else if (groups.Count > 0 && Item.Match(line) is { Success: true } item)
                groups[^1].Items.Add(new Entry(item.Groups["title"].Value, DocPaths.Resolve(DocPaths.Contents, item.Groups["link"].Value)));
        }

        return new DocContents(groups);
    }

    [GeneratedRegex(@"^- \[(?<title>[^\]]+)\]\((?<link>[^)#]+)\)")]
    private static partial Regex Item { get; }

    internal sealed record Entry(string Title, string Source);

    internal sealed record Group(string Title, List<Entry> Items);
}
