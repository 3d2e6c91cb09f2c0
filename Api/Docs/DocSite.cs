using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ChunkUpload.Api.Docs;

/// <summary>
/// The documents as a site, made of the Markdown that the build copies beside the program. A page is rendered when it is first requested.
/// </summary>
internal sealed class DocSite(string folder, string webRoot)
{
    private const string SearchIndex = "search-index.js";

    // The files of the repository that are documents, by their paths in the site.
    private readonly Dictionary<string, string> _sources = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder, file))
        .ToDictionary(DocPaths.SiteOf, StringComparer.Ordinal);

    private readonly Dictionary<string, string> _assets = new(StringComparer.Ordinal)
    {
        ["docs.css"] = Path.Combine(webRoot, "docs", "docs.css"),
        ["search.js"] = Path.Combine(webRoot, "docs", "search.js"),
        ["favicon.svg"] = Path.Combine(webRoot, "favicon.svg"),
    };

    private readonly ConcurrentDictionary<string, DocPage> _pages = new();

    private readonly Lazy<DocContents> _contents = new(() => DocContents.Read(File.ReadAllText(Path.Combine(folder, DocPaths.Contents))));

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public IEnumerable<string> Paths => _sources.Keys.Concat(_assets.Keys).Append(SearchIndex).Order(StringComparer.Ordinal);

    /// <summary>Returns the content of a file of the site, or null if there is none.</summary>
    public byte[]? Find(string path) =>
        path == SearchIndex ? Encoding.UTF8.GetBytes(Index())
        : _assets.TryGetValue(path, out var asset) ? File.ReadAllBytes(asset)
        : !_sources.TryGetValue(path, out var source) ? null
        : DocPaths.IsMarkdown(source) ? Encoding.UTF8.GetBytes(DocFrame.Of(path, PageOf(path, source), _contents.Value))
        : File.ReadAllBytes(Path.Combine(folder, source));

    private DocPage PageOf(string path, string source) =>
        _pages.GetOrAdd(path, _ => DocPage.Read(File.ReadAllText(Path.Combine(folder, source)), link =>
        {
            var mark = link.IndexOf('#', StringComparison.Ordinal);
            var target = DocPaths.SiteOf(DocPaths.Resolve(source, mark < 0 ? link : link[..mark]));
            return _sources.ContainsKey(target) ? DocPaths.Relative(path, target) + (mark < 0 ? "" : link[mark..]) : null;
        }));

    /// <summary>
    /// Returns all sections with their text: page, title, [anchor, heading, text]. It is a script, because a page that was opened from a
    /// folder may load no other data.
    /// </summary>
    private string Index() => "docsIndex = " + JsonSerializer.Serialize(
        _contents.Value.Groups.SelectMany(group => group.Items).Select(entry => entry.Source).Where(DocPaths.IsMarkdown)
            .Select(source => (Path: DocPaths.SiteOf(source), Page: PageOf(DocPaths.SiteOf(source), source)))
            .Select(one => new object[]
            {
                one.Path, one.Page.Title,
                one.Page.Sections.Select(section => new[] { section.Anchor, section.Heading, section.Text }),
            }),
        Json) + "\n";
}
