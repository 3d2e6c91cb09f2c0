using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>The page for terminals and programs: its resources, its policy, and the commands on it, which must work unchanged.</summary>
[Collection(ApiCollection.Name)]
public sealed class StartPageTests(ApiFixture fixture)
{
    [Fact]
    public async Task The_page_needs_no_key_and_loads_nothing_from_elsewhere()
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        using var answer = await client.GetAsync(ApiClient.At("/start.html"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("default-src 'self';", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"<script(?![^>]*\bsrc=)", page);
        Assert.DoesNotMatch(@"\s(on[a-z]+|style)=""", page);
        foreach (Match link in Regex.Matches(page, "(?:src|href)=\"([^\"#]+)\""))
        {
            using var found = await client.GetAsync(ApiClient.At("/" + link.Groups[1].Value));
            Assert.True(found.IsSuccessStatusCode, link.Value);
            Assert.Equal("nosniff", found.Headers.GetValues("X-Content-Type-Options").Single());
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Pages_are_sent_compressed_and_only_once(string coding)
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        var address = ApiClient.At("/console/app.js");
        var plain = await client.GetByteArrayAsync(address);
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept-Encoding", coding } } };
        using var answer = await client.SendAsync(request);
        Assert.Equal([coding], answer.Content.Headers.ContentEncoding);
        Assert.Equal("text/javascript", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Accept-Encoding", answer.Headers.Vary);
        var sent = await answer.Content.ReadAsStreamAsync();
        Assert.True(answer.Content.Headers.ContentLength < plain.Length / 2);
        await using Stream decoder = coding == "gzip"
            ? new GZipStream(sent, CompressionMode.Decompress)
            : new BrotliStream(sent, CompressionMode.Decompress);
        using var decoded = new MemoryStream();
        await decoder.CopyToAsync(decoded);
        Assert.Equal(plain, decoded.ToArray());

        using var again = new HttpRequestMessage(HttpMethod.Get, address)
        {
            Headers = { { "Accept-Encoding", coding }, { "If-None-Match", answer.Headers.ETag!.ToString() } },
        };
        using var same = await client.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        using var head = new HttpRequestMessage(HttpMethod.Head, address) { Headers = { { "Accept-Encoding", coding } } };
        using var described = await client.SendAsync(head);
        Assert.Equal(answer.Content.Headers.ContentLength, described.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task The_root_leads_to_the_console_or_to_its_sign_in()
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var anonymous = new HttpClient(handler) { BaseAddress = fixture.Service.Address };
        using var answer = await anonymous.GetAsync(ApiClient.At("/"));
        Assert.Equal("/signin?return=%2Fconsole%2F", answer.Headers.Location!.OriginalString);
        anonymous.DefaultRequestHeaders.Authorization = fixture.Service.Client.DefaultRequestHeaders.Authorization;
        using var known = await anonymous.GetAsync(ApiClient.At("/"));
        Assert.Equal((HttpStatusCode.Found, "/console/"), (known.StatusCode, known.Headers.Location!.OriginalString));
    }

    [Theory]
    [InlineData("/console/")]
    [InlineData("/console/sw.js")]
    [InlineData("/client/hash-worker.js")]
    public async Task The_console_runs_under_a_strict_policy(string path)
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        using var answer = await client.GetAsync(ApiClient.At(path));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/console/app.js", false)]
    [InlineData("/console/css/tokens.css", false)]
    [InlineData("/favicon.svg", true)]
    public async Task Files_that_are_neither_a_document_nor_a_worker_have_no_policy(string path, bool has)
    {
        using var client = fixture.Service.CreateClient(withKey: false);
        using var answer = await client.GetAsync(ApiClient.At(path));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(has, answer.Headers.Contains("Content-Security-Policy"));
    }

    [Fact]
    public async Task The_console_names_what_it_asks_for_first_only_to_those_who_may_ask()
    {
        using var stranger = fixture.Service.CreateClient(withKey: false);
        using var refused = await stranger.GetAsync(ApiClient.At("/console/"));
        Assert.False(refused.Headers.Contains("Link"));
        using var known = await fixture.Service.Client.GetAsync(ApiClient.At("/console/"));
        Assert.Contains("<../api/me>; rel=preload", known.Headers.GetValues("Link").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uppy.js", "../files")]
    [InlineData("tus-js.js", "../files")]
    [InlineData("tus-js.js", "../uploads/")]
    public async Task The_examples_find_the_service_behind_a_prefix(string script, string address)
    {
        var text = await fixture.Service.Client.GetStringAsync(ApiClient.At($"/examples/{script}"));
        Assert.Contains($"\"{address}\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"/", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("X-Forwarded-For", false)]
    [InlineData("Via", false)]
    public async Task The_page_names_the_path_of_the_key_on_the_same_machine_only(string? header, bool named)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ApiClient.At("/start.html"));
        if (header is not null)
            request.Headers.TryAddWithoutValidation(header, "1.1 example");
        using var answer = await fixture.Service.Client.SendAsync(request);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(named, page.Contains(fixture.Service.KeyFile, StringComparison.Ordinal));
        Assert.Equal(!named, page.Contains("data/operator.key", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("one-request")]
    [InlineData("in-chunks")]
    public async Task The_commands_on_the_page_work_as_they_stand(string block)
    {
        var page = await fixture.Service.Client.GetStringAsync(ApiClient.At("/start.html"));
        var html = Regex.Match(page, $"<pre id=\"{block}\"[^>]*><code>(.*?)</code></pre>", RegexOptions.Singleline).Groups[1].Value;
        var script = WebUtility.HtmlDecode(Regex.Replace(html, "<[^>]+>", ""))
            .Replace("http://127.0.0.1:8080", fixture.Service.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);

        using var folder = new TempFolder();
        var content = ApiClient.Bytes((20 << 20) + 12345);
        var name = $"page-{block}-{Guid.NewGuid():n}.bin";
        await File.WriteAllBytesAsync(Path.Combine(folder.Path, name), content);
        script = script.Replace("FILE=FILE", $"FILE='{name}'", StringComparison.Ordinal)
            .Replace("curl -T FILE", $"curl -sf -T '{name}'", StringComparison.Ordinal);

        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors + await output);

        var file = Assert.Single((await fixture.Api.GetAsync($"/api/files?name={name}")).GetProperty("items").EnumerateArray());
        Assert.Equal(content, await fixture.Service.Client.GetByteArrayAsync(ApiClient.At(file.GetProperty("contentUrl").GetString()!)));
    }
}
