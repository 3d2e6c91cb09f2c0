using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Extensions.Tables;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ChunkUpload.Api.Docs;

/// <summary>A heading with the text below it, up to the next heading.</summary>
internal sealed record DocSection(string Anchor, string Heading, int Level, string Text);

/// <summary>A document: the HTML of its text, and its sections for the search.</summary>
internal sealed class DocPage
{
    private static readonly MarkdownPipeline Markdown = new MarkdownPipelineBuilder()
        // Documents contain only Markdown, no HTML.
        .DisableHtml()
        .UsePipeTables()
        // Links to headings use the anchors of GitHub.
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .Build();

    private DocPage(string html, IReadOnlyList<DocSection> sections) => (Html, Sections) = (html, sections);

    public string Html { get; }

    public IReadOnlyList<DocSection> Sections { get; }

    public string Title => Sections[0].Heading;

    /// <param name="text">The Markdown, which begins with a heading.</param>
    /// <param name="link">
    /// Returns the address for a relative link; <c>null</c> if the site does not have the file, so that only the text of the link stays.
    /// </param>
    public static DocPage Read(string text, Func<string, string?> link)
    {
        var document = Markdig.Markdown.Parse(text, Markdown);
        SetLinks(document, link);
        // Wide blocks can be scrolled, also with the keyboard.
        foreach (var block in document.Descendants<Block>().Where(block => block is CodeBlock or Table))
            block.GetAttributes().AddProperty("tabindex", "0");
        return new DocPage(HtmlOf(document), SectionsOf(document));
    }

    private static void SetLinks(MarkdownDocument document, Func<string, string?> link)
    {
        foreach (var found in document.Descendants<LinkInline>().ToList())
        {
            if (found.Url is not { Length: > 0 } url || url[0] == '#' || Uri.TryCreate(url, UriKind.Absolute, out _))
                continue;
            if (link(url) is { } address)
                found.Url = address;
            else
                _ = found.ReplaceBy(new ContainerInline());
        }
    }

    private static string HtmlOf(MarkdownDocument document)
    {
        using var text = new StringWriter();
        var renderer = new HtmlRenderer(text);
        Markdown.Setup(renderer);
        // Write the language and the attribute above to the pre element.
        renderer.ObjectRenderers.FindExact<CodeBlockRenderer>()!.OutputAttributesOnPre = true;
        _ = renderer.Render(document);
        // An empty header cell is not a header.
        return text.ToString().Replace("<th></th>", "<td></td>", StringComparison.Ordinal);
    }

    private static List<DocSection> SectionsOf(MarkdownDocument document)
    {
        var sections = new List<DocSection>();
        foreach (var block in document)
        {
            if (block is HeadingBlock heading)
                sections.Add(new DocSection(heading.GetAttributes().Id!, TextOf(heading), heading.Level, ""));
            else if (sections.Count > 0)
                sections[^1] = sections[^1] with { Text = $"{sections[^1].Text} {TextOf(block)}".Trim() };
        }

        return sections;
    }

    /// <summary>Returns the words without any markup, in one line.</summary>
    private static string TextOf(Block block)
    {
        using var text = new StringWriter();
        var renderer = new HtmlRenderer(text) { EnableHtmlForBlock = false, EnableHtmlForInline = false, EnableHtmlEscape = false };
        Markdown.Setup(renderer);
        _ = renderer.Render(block);
        return string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
