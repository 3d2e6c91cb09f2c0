using System.Net;
using ChunkUpload.Tests.Functional.Api;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>
/// A change by cookie needs two proofs: the browser says that a page of this service sent it, and the page sends its token.
/// </summary>
[Collection(ApiCollection.Name)]
public sealed class CrossSiteTests(ApiFixture fixture)
{
    public static TheoryData<string?, string?, string, string> Matrix()
    {
        var rows = new TheoryData<string?, string?, string, string>();
        foreach (var site in new[] { null, "same-origin", "same-site", "cross-site", "none", "made-up" })
        {
            foreach (var origin in new[] { null, "own", "http://evil.example", "null" })
            {
                foreach (var token in new[] { "right", "none", "changed", "another" })
                {
                    var own = site is null ? origin == "own" : site == "same-origin";
                    rows.Add(site, origin, token, !own ? "forbidden_origin" : token == "right" ? "" : "invalid_csrf_token");
                }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task A_change_by_cookie_needs_the_own_origin_and_the_token(string? site, string? origin, string token, string code)
    {
        var browser = await SignedInAsync();
        var another = token == "another" ? await OtherTokenAsync() : null;
        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/advice", new { size = 1000 }, request =>
        {
            if (site is not null)
                request.Headers.Add("Sec-Fetch-Site", site);
            if (origin is not null)
                request.Headers.Add("Origin", origin == "own" ? browser.Origin : origin);
            var sent = token switch { "right" => browser.CsrfToken, "changed" => browser.CsrfToken![..^6] + "AAAAAA", _ => another };
            if (sent is not null)
                request.Headers.Add("X-CSRF-Token", sent);
        });
        if (code.Length == 0)
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        else
            await ApiClient.ProblemAsync(answer, HttpStatusCode.Forbidden, code);
    }

    [Theory]
    [InlineData("PUT", "/api/files/x")]
    [InlineData("PATCH", "/files/00000000000000000000000000000000")]
    [InlineData("DELETE", "/api/files/00000000000000000000000000000000")]
    [InlineData("POST", "/signout")]
    [InlineData("POST", "/signin")]
    public async Task No_change_by_cookie_alone_is_taken_anywhere(string method, string path)
    {
        var browser = await SignedInAsync();
        using var answer =
            await browser.SendAsync(new HttpMethod(method), path, change: request => request.Headers.Add("Tus-Resumable", "1.0.0"));
        await ApiClient.ProblemAsync(answer, HttpStatusCode.Forbidden, "forbidden_origin");
        Assert.Equal("operator", await browser.SubjectAsync());
    }

    [Fact]
    public async Task A_WebSocket_handshake_counts_as_a_change()
    {
        var browser = await SignedInAsync();
        async Task<HttpResponseMessage> Handshake(string site, string? protocols) =>
            await browser.SendAsync(HttpMethod.Get, "/api/files", change: request =>
            {
                request.Headers.Add("Connection", "Upgrade");
                request.Headers.Add("Upgrade", "websocket");
                request.Headers.Add("Sec-Fetch-Site", site);
                if (protocols is not null)
                    request.Headers.Add("Sec-WebSocket-Protocol", protocols);
            });
        using (var foreign = await Handshake("cross-site", $"live, csrf.{browser.CsrfToken}"))
            await ApiClient.ProblemAsync(foreign, HttpStatusCode.Forbidden, "forbidden_origin");
        using (var bare = await Handshake("same-origin", null))
            await ApiClient.ProblemAsync(bare, HttpStatusCode.Forbidden, "invalid_csrf_token");
        using (var own = await Handshake("same-origin", $"live, csrf.{browser.CsrfToken}"))
            Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    [Fact]
    public async Task Sign_in_from_another_site_is_refused()
    {
        foreach (var (header, value) in new[] { ("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example"), ("Accept", "*/*") })
        {
            using var browser = new BrowserClient(fixture.Service);
            using var answer = await browser.SendAsync(
                HttpMethod.Post, "/signin", new { key = fixture.Service.Key }, request => request.Headers.Add(header, value));
            await ApiClient.ProblemAsync(answer, HttpStatusCode.Forbidden, "forbidden_origin");
            Assert.Empty(browser.Cookies);
        }
    }

    [Fact]
    public async Task A_key_in_a_header_needs_neither_beside_a_cookie()
    {
        var browser = await SignedInAsync();
        using var answer = await browser.SendAsync(
            HttpMethod.Post, "/api/advice", new { size = 1000 }, request =>
                request.Headers.Add("Authorization", "Bearer " + fixture.Service.Key));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<string?> OtherTokenAsync()
    {
        using var other = new BrowserClient(fixture.Service);
        await other.SignInAsync();
        return other.CsrfToken;
    }

    private async Task<BrowserClient> SignedInAsync()
    {
        var browser = new BrowserClient(fixture.Service);
        await browser.SignInAsync();
        return browser;
    }
}
