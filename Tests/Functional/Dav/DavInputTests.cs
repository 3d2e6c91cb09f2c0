using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>The access to /dav, and the answers to malformed and hostile requests.</summary>
[Collection(FilesCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class DavInputTests(ApiFixture fixture) : IAsyncLifetime
{
    private static readonly string[] Methods =
    [
        "OPTIONS", "GET", "HEAD", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
    ];

    private readonly DavClient _dav = new(fixture.Service, $"dav-{Guid.NewGuid():n}");

    public Task InitializeAsync() => _dav.FolderAsync("");

    public Task DisposeAsync()
    {
        _dav.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_request_without_a_key_is_asked_for_a_password_and_a_wrong_one_is_refused()
    {
        using var http = fixture.Service.CreateClient(withKey: false);
        foreach (var password in new[] { null, "", "wrong", KeySecret.New().Text, "a.b.c" })
        {
            http.DefaultRequestHeaders.Authorization = password is null ? null : DavClient.Basic("operator", password);
            using var answer = await http.GetAsync(new Uri("/dav/shared/", UriKind.Relative));
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Basic realm=\"ChunkUpload\", charset=\"UTF-8\"", Assert.Single(answer.Headers.GetValues("WWW-Authenticate")));
        }

        http.DefaultRequestHeaders.Authorization = DavClient.Basic("operator", fixture.Service.Key);
        using (var answer = await http.GetAsync(new Uri("/dav/shared/", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        // Everywhere else a password stays refused.
        using var elsewhere = await http.GetAsync(new Uri("/api/spaces", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, elsewhere.StatusCode);
    }

    [Fact]
    public async Task A_password_that_could_be_read_on_its_way_is_refused_before_it_is_asked_for()
    {
        // A proxy that is not trusted, so that nobody knows how the request came to it.
        foreach (var name in new[] { "X-Forwarded-For", "Via", "Forwarded" })
        {
            using var answer = await _dav.SendAsync("GET", "", null, (name, "1.1 proxy"));
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("tls_needed", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using var http = fixture.Service.CreateClient(withKey: false);
            http.DefaultRequestHeaders.Add(name, "1.1 proxy");
            using var unasked = await http.GetAsync(new Uri(_dav.Root, UriKind.Relative));
            Assert.Equal(HttpStatusCode.Forbidden, unasked.StatusCode);
            Assert.False(unasked.Headers.Contains("WWW-Authenticate"));
            // A Bearer token is no password, and OPTIONS asks for none.
            using var key = fixture.Service.CreateClient();
            key.DefaultRequestHeaders.Add(name, "1.1 proxy");
            using var bearer = await key.GetAsync(new Uri(_dav.Root, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, bearer.StatusCode);
            Assert.Equal(200, await _dav.StatusAsync("OPTIONS", "/dav/"));
        }
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task A_page_of_another_site_is_refused_whatever_password_the_browser_adds(string name, string value)
    {
        foreach (var method in Methods)
        {
            using var answer = await _dav.SendAsync(method, "x", null, (name, value));
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_space_that_a_caller_may_not_see_is_answered_like_none()
    {
        var people = new TestPeople(fixture.Service);
        using var owner = await people.ClientAsync(await people.UserAsync($"dav{Guid.NewGuid():n}", Role.Member));
        using var other = await people.ClientAsync(await people.UserAsync($"dav{Guid.NewGuid():n}", Role.Member));
        using (var made = await owner.PutAsync(new Uri("/dav/own/secret", UriKind.Relative), new StringContent("secret")))
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var spaces = (await owner.GetFromJsonAsync<JsonElement>(new Uri("/api/spaces", UriKind.Relative))).GetProperty("items");
        var own = spaces.EnumerateArray().First(space => space.GetProperty("kind").GetString() == "own").GetProperty("id").GetString();
        foreach (var method in Methods.Except(["OPTIONS"]))
        {
            var texts = new List<string>();
            foreach (var space in new[] { own, Guid.NewGuid().ToString("n") })
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"/dav/{space}/secret", UriKind.Relative));
                request.Headers.TryAddWithoutValidation("Depth", method is "COPY" or "MOVE" or "DELETE" ? "infinity" : "0");
                request.Headers.TryAddWithoutValidation("Destination", "/dav/own/stolen");
                request.Headers.TryAddWithoutValidation("Lock-Token", $"<urn:uuid:{Guid.Empty}>");
                if (method is "PROPPATCH")
                    request.Content = new StringContent("<D:propertyupdate xmlns:D=\"DAV:\"/>");
                using var answer = await other.SendAsync(request);
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
                var text = await answer.Content.ReadAsStringAsync();
                texts.Add(text.Split("\"requestId\"")[0].Replace(space!, "", StringComparison.Ordinal));
            }

            Assert.Equal(texts[1], texts[0]);
        }

        // Copied from there, or named in a condition, it says nothing either.
        using var put = new HttpRequestMessage(HttpMethod.Put, new Uri("/dav/own/x", UriKind.Relative));
        put.Content = new StringContent("x");
        put.Headers.TryAddWithoutValidation("If", $"</dav/{own}/secret> (Not [\"none\"])");
        using var conditional = await other.SendAsync(put);
        Assert.Equal(HttpStatusCode.Created, conditional.StatusCode);
    }

    [Fact]
    public async Task A_cookie_is_no_key()
    {
        var browser = await fixture.BrowserAsync();
        using var http = fixture.Service.CreateClient(withKey: false);
        http.DefaultRequestHeaders.Add("Cookie", string.Join("; ", browser.Cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        using var answer = await http.GetAsync(new Uri("/dav/shared/", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Options_tells_the_classes_without_a_key_at_the_root_too()
    {
        using var http = fixture.Service.CreateClient(withKey: false);
        foreach (var path in new[] { "/", "/dav", "/dav/", "/dav/shared/none" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Options, new Uri(path, UriKind.Relative));
            using var answer = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.StartsWith("1", Assert.Single(answer.Headers.GetValues("DAV")), StringComparison.Ordinal);
            Assert.Equal("DAV", Assert.Single(answer.Headers.GetValues("MS-Author-Via")));
        }

        using var page = await http.GetAsync(new Uri("/", UriKind.Relative));
        Assert.NotEqual(HttpStatusCode.MethodNotAllowed, page.StatusCode);
    }

    [Fact]
    public async Task A_malformed_body_is_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("<D:x>", 32)) + string.Concat(Enumerable.Repeat("</D:x>", 32));
        string[] bodies =
        [
            "<D:propfind xmlns:D=\"DAV:\">", "<propfind/>", "<D:propfind xmlns:D=\"DAV:\"/>", "no xml", "<a xmlns:b=\"\"/>",
            $"<D:propfind xmlns:D=\"DAV:\">{deep}</D:propfind>",
            "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><D:propfind xmlns:D=\"DAV:\"><D:prop>&e;</D:prop></D:propfind>",
        ];
        foreach (var body in bodies)
        {
            using var answer = await _dav.SendAsync("PROPFIND", "", body, ("Depth", "0"));
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("malformed_xml", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var large = $"<D:propfind xmlns:D=\"DAV:\"><D:allprop/><!--{new string('x', 64 << 10)}--></D:propfind>";
        Assert.Equal(413, await _dav.StatusAsync("PROPFIND", "", large, ("Depth", "0")));
    }

    [Fact]
    public async Task A_folder_is_not_listed_with_all_that_is_below_it()
    {
        foreach (var headers in new (string, string)[][] { [], [("Depth", "infinity")] })
        {
            using var answer = await _dav.SendAsync("PROPFIND", "", null, headers);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("propfind-finite-depth", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(400, await _dav.StatusAsync("PROPFIND", "", null, ("Depth", "2")));
    }

    [Theory]
    [InlineData("https://elsewhere.example/dav/shared/x", 502)]
    [InlineData("ftp://own/dav/shared/x", 502)]
    [InlineData("/api/tree/x")]
    [InlineData("/dav/shared/../x")]
    [InlineData("/dav/shared/%2e%2e/x")]
    [InlineData("/dav/shared/%2")]
    [InlineData("/dav/shared/%ff")]
    [InlineData("/dav/shared/x?y")]
    [InlineData("/dav/shared/x#y")]
    [InlineData("/dav/shared/%00")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("http://")]
    public async Task A_destination_that_is_no_address_here_is_refused(string destination, int status = 400)
    {
        destination = destination.Replace("//own/", $"//{fixture.Service.Address.Authority}/", StringComparison.Ordinal);
        await _dav.PutAsync("x", "1");
        foreach (var method in new[] { "COPY", "MOVE" })
            Assert.Equal(status, await _dav.StatusAsync(method, "x", null, ("Destination", destination)));
        Assert.Equal("1", await _dav.ReadAsync("x"));
    }

    [Theory]
    [InlineData("x#y")]
    [InlineData("x?y")]
    [InlineData("%2")]
    [InlineData("a/../b")]
    [InlineData("%ff")]
    public async Task An_address_that_means_another_resource_than_it_says_is_refused(string path)
    {
        var key = Convert.ToBase64String(Encoding.UTF8.GetBytes($":{fixture.Service.Key}"));
        foreach (var method in new[] { "PUT", "DELETE", "MKCOL", "PROPFIND" })
        {
            var answer = await RawConnection.AnswerAsync(
                fixture.Service.Address,
                $"{method} {_dav.Root}/{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {key}\r\nDepth: 0\r\nConnection: close\r\n"
                    + "Content-Length: 0\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        }

        Assert.Empty(await _dav.ListAsync(""));
    }
}
