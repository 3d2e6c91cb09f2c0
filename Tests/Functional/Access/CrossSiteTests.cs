using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Access;
using ChunkUpload.Tests.Functional.Api;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>
/// A change by cookie needs two proofs: the browser says that a page of this service sent it, and the page sends its token.
/// </summary>
[Collection(ApiCollection.Name)]
public sealed partial class CrossSiteTests(ApiFixture fixture)
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
        var browser = await fixture.BrowserAsync();
        var another = token == "another" ? (await fixture.AnotherBrowserAsync()).CsrfToken : null;
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

    /// <summary>Every route of the running service: routes that are added later are tested too.</summary>
    [Fact]
    public async Task No_route_takes_a_change_that_a_page_of_another_site_sends_with_the_cookie()
    {
        var browser = await fixture.BrowserAsync();
        var token = browser.CsrfToken!;
        var file = ApiClient.Id(await fixture.Api.FileAsync([1, 2, 3], "cross-site.bin"));
        var session = await fixture.Api.CreateIdAsync(1000);
        (string Name, string? Site, string? Origin, string? Token, string Code)[] forgeries =
        [
            ("cross-site", "cross-site", "http://evil.example", null, "forbidden_origin"),
            ("cross-site with the token", "cross-site", "http://evil.example", token, "forbidden_origin"),
            ("same-site", "same-site", browser.Origin, token, "forbidden_origin"),
            ("without Sec-Fetch-Site", null, "http://evil.example", token, "forbidden_origin"),
            ("of a sandboxed page", null, "null", token, "forbidden_origin"),
            ("with neither", null, null, token, "forbidden_origin"),
            ("of this service without the token", "same-origin", browser.Origin, null, "invalid_csrf_token"),
        ];

        var before = fixture.Service.Log.All.Count;
        var faults = new List<string>();
        var routes = Changes(file, session).ToList();
        foreach (var (method, path, handshake) in routes)
        {
            foreach (var forgery in forgeries)
            {
                using var answer = await browser.SendAsync(new HttpMethod(method), path, change: request =>
                {
                    Add(request, "Tus-Resumable", path.StartsWith("/files", StringComparison.Ordinal) ? "1.0.0" : null);
                    Add(request, "Sec-Fetch-Site", forgery.Site);
                    Add(request, "Origin", forgery.Origin);
                    Add(request, "X-CSRF-Token", forgery.Token);
                    Add(request, "Connection", handshake ? "Upgrade" : null);
                    Add(request, "Upgrade", handshake ? "websocket" : null);
                    // A form of another site can send this type.
                    if (!handshake)
                        request.Content = new StringContent("{}", Encoding.UTF8, "text/plain");
                });
                var code = answer.Headers.TryGetValues("X-Error-Code", out var codes) ? codes.Single() : "none";
                // WebDAV ignores cookies, so a request without a foreign origin has no caller there.
                var (status, expected) = path.StartsWith("/dav", StringComparison.Ordinal)
                    && forgery is { Site: null, Origin: null } or { Site: "same-origin" }
                        ? (HttpStatusCode.Unauthorized, "unauthorized")
                        : (HttpStatusCode.Forbidden, forgery.Code);
                if (answer.StatusCode != status || code != expected)
                    faults.Add($"{method} {path} {forgery.Name}: {(int)answer.StatusCode} {code} instead of {(int)status} {expected}");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(routes.Count > 120, $"{routes.Count}");

        // No handler ran; the log would have it, as it has the request after them.
        Assert.DoesNotContain(fixture.Service.Log.All.Skip(before), IsHandled);
        Assert.Equal("operator", await browser.SubjectAsync());
        Assert.Contains(fixture.Service.Log.All.Skip(before), IsHandled);
        Assert.Equal([1, 2, 3], await fixture.Api.Http.GetByteArrayAsync(ApiClient.At($"/api/files/{file}/content")));
        Assert.Equal(0, (await fixture.Api.GetAsync($"/api/sessions/{session}")).GetProperty("receivedBytes").GetInt64());

        static void Add(HttpRequestMessage request, string name, string? value)
        {
            if (value is not null)
                request.Headers.Add(name, value);
        }

        static bool IsHandled(string line) => line.Contains("Executing endpoint", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_WebSocket_handshake_counts_as_a_change()
    {
        var browser = await fixture.BrowserAsync();
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
    public async Task A_key_in_a_header_needs_neither_origin_nor_token()
    {
        var browser = await fixture.BrowserAsync();
        using var answer = await browser.SendAsync(
            HttpMethod.Post, "/api/advice", new { size = 1000 }, request =>
                request.Headers.Add("Authorization", "Bearer " + fixture.Service.Key));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>Each change that the cookie may make, and a WebSocket handshake for each address that is read.</summary>
    private IEnumerable<(string Method, string Path, bool Handshake)> Changes(string file, string session)
    {
        foreach (var endpoint in fixture.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            // The cookie is no credential for the endpoints of links.
            if (endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy == AccessPolicy.Link)
                continue;
            var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            var id = pattern.StartsWith("/api/sessions", StringComparison.Ordinal) ? session : file;
            var path = Parameter().Replace(pattern, match => match.Value == "{id}" ? id : "absent");
            // An endpoint without methods accepts all.
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST", "PUT", "DELETE"])
            {
                // Http2Tests open a WebSocket by CONNECT.
                if (method is not ("HEAD" or "OPTIONS" or "CONNECT"))
                    yield return (method, path, method == "GET");
            }
        }
    }

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();
}
