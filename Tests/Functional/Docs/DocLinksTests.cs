using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Docs;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Docs;

/// <summary>The links of the documents, and that the list of documents has all of them.</summary>
public sealed partial class DocLinksTests
{
    private static readonly DocSite Site = DocsPages.Site(Path.Combine(AppContext.BaseDirectory, "wwwroot"));

    private static readonly HashSet<string> Paths = [.. Site.Paths];

    private static readonly IReadOnlyList<string> Tracked = Repository.TrackedFiles();

    private static readonly List<string> PagePaths = [.. Paths.Where(path => path.EndsWith(".html", StringComparison.Ordinal)).Order()];

    public static TheoryData<string> Pages { get; } = [.. PagePaths];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_of_a_page_lead_to_files_and_sections_of_the_site(string page)
    {
        var links = Link.Matches(TextOf(page)).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value))
            .Where(link => !Uri.TryCreate(link, UriKind.Absolute, out _)).ToList();
        Assert.NotEmpty(links);
        Assert.All(links, link =>
        {
            var parts = link.Split('#', 2);
            var target = parts[0].Length == 0 ? page : DocPaths.Resolve(page, parts[0]);
            Assert.True(Paths.Contains(target), link);
            Assert.True(parts.Length == 1 || TextOf(target).Contains($" id=\"{parts[1]}\"", StringComparison.Ordinal), link);
        });
    }

    /// <summary>Also links to files that the site does not have, such as results of a tool: they work in the repository.</summary>
    [Fact]
    public void Links_of_a_document_lead_to_files_of_the_repository()
    {
        var sources = Tracked.Where(DocPaths.IsMarkdown)
            .Where(path => !path.Contains('/') || path.StartsWith("docs/", StringComparison.Ordinal));
        var links = sources.SelectMany(path => MarkdownLink.Matches(File.ReadAllText(Path.Combine(Repository.Root, path)))
            .Select(match => (Page: path, Link: match.Groups[1].Value)))
            .Where(one => !Uri.TryCreate(one.Link, UriKind.Absolute, out _)).ToList();
        Assert.True(links.Count > 100);
        Assert.All(links, one =>
        {
            var target = DocPaths.Resolve(one.Page, one.Link);
            Assert.True(Tracked.Contains(target) || Tracked.Any(path => path.StartsWith(target + '/', StringComparison.Ordinal)), $"{one}");
        });
    }

    [Fact]
    public void The_list_of_documents_has_each_of_them_once()
    {
        var listed = DocContents.Read(File.ReadAllText(Path.Combine(Repository.Root, DocPaths.Contents)))
            .Groups.SelectMany(group => group.Items).Select(item => DocPaths.SiteOf(item.Source)).Append(DocPaths.Index).ToList();
        Assert.Equal(PagePaths, listed.Order());
    }

    [Fact]
    public void The_site_has_all_documents_that_are_tracked()
    {
        var documents = Tracked.Where(DocPaths.IsMarkdown).Where(path => path.StartsWith("docs/", StringComparison.Ordinal));
        Assert.Empty(documents.Select(DocPaths.SiteOf).Except(Paths));
    }

    [Theory]
    [InlineData("index.html", "docs.css", "docs.css")]
    [InlineData("design/tree.html", "docs.css", "../docs.css")]
    [InlineData("design/tree.html", "design/work.html", "work.html")]
    [InlineData("Api/Tus/SpecCompliance.html", "Api/Resumable/SpecCompliance.html", "../Resumable/SpecCompliance.html")]
    [InlineData("Api/Tus/SpecCompliance.html", "design/work.html", "../../design/work.html")]
    public void Links_are_relative(string from, string to, string link)
    {
        Assert.Equal(link, DocPaths.Relative(from, to));
        Assert.Equal(to, DocPaths.Resolve(from, link));
    }

    [Fact]
    public void What_the_site_does_not_have_is_no_link_and_html_is_text()
    {
        var page = DocPage.Read("# A\n\n[gone](../x.cs) [here](b.md#c) <script>x</script>\n\n## Two words\n\nand\n`text`\n", link =>
            link == "b.md#c" ? "b.html#c" : null);
        Assert.Contains("<p>gone <a href=\"b.html#c\">here</a> &lt;script&gt;", page.Html, StringComparison.Ordinal);
        Assert.Equal([("a", "A", 1), ("two-words", "Two words", 2)], page.Sections.Select(one => (one.Anchor, one.Heading, one.Level)));
        Assert.Equal("and text", page.Sections[1].Text);
    }

    private static string TextOf(string page) => Encoding.UTF8.GetString(Site.Find(page)!);

    [GeneratedRegex("(?:href|src)=\"([^\"]+)\"")]
    private static partial Regex Link { get; }

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")]
    private static partial Regex MarkdownLink { get; }
}
