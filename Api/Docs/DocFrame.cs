using System.Net;
using System.Text;
using ChunkUpload.Api.Hosting;

namespace ChunkUpload.Api.Docs;

/// <summary>The HTML around the text of a document: the search, the list of all documents, and the table of contents.</summary>
internal static class DocFrame
{
    public static string Of(string path, DocPage page, DocContents contents)
    {
        string Link(string target) => DocPaths.Relative(path, target);
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="color-scheme" content="light dark">
              <title>{Text(page.Title)} · ChunkUpload</title>
              <link rel="icon" href="{Link("favicon.svg")}" type="image/svg+xml">
              <link rel="stylesheet" href="{Link("docs.css")}">
              <script src="{Link("search.js")}" defer></script>
            </head>
            <body>
              <a class="skip" href="#text">Skip to the text</a>
              <header>
                <a class="brand" href="{Link(DocPaths.Index)}">
                  <img src="{Link("favicon.svg")}" width="20" height="20" alt="">ChunkUpload</a>
                <div class="search" role="search" hidden>
                  <input type="search" placeholder="Search the documents" aria-label="Search the documents" autocomplete="off">
                  <div class="found" hidden>
                    <p role="status"></p>
                    <ol></ol>
                  </div>
                </div>
                <a class="to-contents" href="#contents">Contents</a>
              </header>
              <div class="columns">
                <main id="text">
            {page.Html}
                </main>
                <nav id="contents" aria-label="Documents">
            {Contents(path, page, contents)}
                  <p>ChunkUpload {Text(Banner.Version)}</p>
                </nav>
              </div>
            </body>
            </html>

            """;
    }

    private static string Contents(string path, DocPage page, DocContents contents)
    {
        var html = new StringBuilder();
        foreach (var group in contents.Groups)
        {
            _ = html.Append("<h2>").Append(Text(group.Title)).AppendLine("</h2>").AppendLine("<ul>");
            foreach (var entry in group.Items)
            {
                var target = DocPaths.SiteOf(entry.Source);
                var here = target == path;
                _ = html.Append($"<li><a href=\"{DocPaths.Relative(path, target)}\"{(here ? " aria-current=\"page\"" : "")}>")
                    .Append(Text(entry.Title)).Append("</a>").Append(here ? Sections(page) : "").AppendLine("</li>");
            }

            _ = html.AppendLine("</ul>");
        }

        return html.ToString();
    }

    private static string Sections(DocPage page)
    {
        var items = page.Sections.Where(section => section.Level == 2)
            .Select(section => $"<li><a href=\"#{section.Anchor}\">{Text(section.Heading)}</a></li>").ToList();
        return items.Count > 0 ? $"\n<ul>\n{string.Join('\n', items)}\n</ul>" : "";
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
