using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Cli;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Docs;

/// <summary>The documents at /docs, and as a folder.</summary>
[Collection(ApiCollection.Name)]
public sealed class DocsPagesTests(ApiFixture fixture)
{
    [Theory]
    [InlineData("/docs/")]
    [InlineData("/docs/transfers.html")]
    [InlineData("/docs/design/work.html")]
    public async Task Pages_need_no_key_and_run_nothing_but_the_search(string path)
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        using var answer = await client.GetAsync(ApiClient.At(path));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
                + "frame-ancestors 'none'",
            answer.Headers.GetValues("Content-Security-Policy").Single());
        var page = await answer.Content.ReadAsStringAsync();
        Assert.EndsWith("search.js\" defer></script>", Assert.Single(Regex.Matches(page, "<script.*")).Value, StringComparison.Ordinal);
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"<[^>]*\s(on[a-z]+|style)=""", page);
        Assert.DoesNotMatch(@"(src|<link[^>]*href)=""https?:", page);
    }

    [Theory]
    [InlineData("/docs/search.js", "text/javascript; charset=utf-8")]
    [InlineData("/docs/docs.css", "text/css; charset=utf-8")]
    [InlineData("/docs/nginx.conf", "text/plain; charset=utf-8")]
    [InlineData("/docs/advisor-as-served.svg", "image/svg+xml")]
    [InlineData("/docs/console/transfers-light-1280.png", "image/png")]
    public async Task Files_have_their_types(string path, string type)
    {
        using var answer = await fixture.Service.Client.GetAsync(ApiClient.At(path));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task The_address_without_a_slash_leads_to_the_first_page()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = fixture.Service.Address };
        using var answer = await client.GetAsync(ApiClient.At("/docs"));
        // Behind a prefix of a proxy, too.
        Assert.Equal((HttpStatusCode.Found, "docs/"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
    }

    [Theory]
    [InlineData("GET", "/docs/nothing.html", HttpStatusCode.NotFound)]
    [InlineData("GET", "/docs/docs/README.md", HttpStatusCode.NotFound)]
    [InlineData("GET", "/docs/%2e%2e/appsettings.json", HttpStatusCode.NotFound)]
    [InlineData("GET", "/docs/..%2fappsettings.json", HttpStatusCode.NotFound)]
    [InlineData("POST", "/docs/index.html", HttpStatusCode.NotFound)]
    public async Task What_is_no_document_is_not_there(string method, string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), ApiClient.At(path));
        using var answer = await fixture.Service.Client.SendAsync(request);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task The_index_has_every_section_once_and_is_small()
    {
        var bytes = await fixture.Service.Client.GetByteArrayAsync(ApiClient.At("/docs/search-index.js"));
        Assert.InRange(bytes.Length, 100_000, 600_000);
        const string Assignment = "docsIndex = ";
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        Assert.StartsWith(Assignment, text, StringComparison.Ordinal);
        var pages = JsonElement.Parse(text[Assignment.Length..]).EnumerateArray().ToList();
        var sections = pages.SelectMany(page => page[2].EnumerateArray().Select(section => $"{page[0]}#{section[0]}")).ToList();
        Assert.Equal(sections.Count, sections.Distinct().Count());
        Assert.Contains("webhooks.html#verify-the-signature", sections);
        Assert.Contains(pages.Single(page => page[0].GetString() == "errors.html")[2].EnumerateArray(),
            section => section[2].GetString()!.Contains("offset_conflict", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_folder_has_what_the_service_serves()
    {
        using var folder = new TempFolder();
        Assert.Contains(folder["site", "index.html"], DocsVerb.Run(folder["site"]), StringComparison.Ordinal);
        foreach (var path in (string[])["index.html", "phone.html", "search-index.js", "search.js", "favicon.svg", "design/tree.html"])
        {
            var served = await fixture.Service.Client.GetByteArrayAsync(ApiClient.At($"/docs/{path}"));
            Assert.Equal(served, await File.ReadAllBytesAsync(folder["site", path]));
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_refused_with_a_sentence()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["file"], "");
        var refusal = Assert.Throws<StartRefusedException>(() => DocsVerb.Run(folder["file", "below"]));
        Assert.Contains("cannot be written", refusal.Message, StringComparison.Ordinal);
        refusal = Assert.Throws<StartRefusedException>(() => CommandLine.Parse(["docs"]));
        Assert.Equal("docs needs the folder to write to, as in docs /tmp/docs.", refusal.Message);
    }
}
