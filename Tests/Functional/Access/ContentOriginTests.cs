using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Files that browsers open are served from a separate origin, which serves nothing else.</summary>
public sealed class ContentOriginTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Host = "content.test:8443";
    private const string Hostile = "/api/tree/%3Cb%3E%20a%2Eb.html";

    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(
            postgres,
            new Dictionary<string, string>
            {
                ["Proxy:ContentUrl"] = $"https://{Host}",
                ["Proxy:PublicUrl"] = "http://pages.test",
                ["Log:Level"] = "Information",
            });
        using var put = await _service.Client.PutAsync(Hostile, new StringContent("<script>alert(1)</script>"));
        Assert.Equal(201, (int)put.StatusCode);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_browser_is_redirected_to_the_content_origin_and_gets_the_file_without_a_cookie()
    {
        using var browser = new BrowserClient(_service);
        await browser.SignInAsync();

        var address = await RedirectAsync(browser, Hostile);

        Assert.Equal(Host, address.Authority);
        using var answer = await OpenAsync(address.AbsolutePath);
        Assert.Equal("<script>alert(1)</script>", await answer.Content.ReadAsStringAsync());
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        using var part = await OpenAsync(address.AbsolutePath, change: request => request.Headers.Range = new(1, 6));
        Assert.Equal((206, "script"), ((int)part.StatusCode, await part.Content.ReadAsStringAsync()));
        using var head = await OpenAsync(address.AbsolutePath, HttpMethod.Head);
        Assert.Equal((200, 25), ((int)head.StatusCode, head.Content.Headers.ContentLength));
        Assert.DoesNotContain(_service.Log.All, line => line.Contains(address.AbsolutePath[3..], StringComparison.Ordinal));

        // The address works only as long as the session that asked for it.
        using (var left = await browser.PostAsync("/signout"))
            Assert.True(left.IsSuccessStatusCode);
        using var ended = await OpenAsync(address.AbsolutePath);
        Assert.Equal(401, (int)ended.StatusCode);
    }

    [Theory]
    [InlineData("Sec-Fetch-Mode", "cors")]
    [InlineData("Accept", "*/*")]
    public async Task Scripts_and_programs_get_the_file_without_a_redirect(string header, string value)
    {
        using var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        using var answer = await browser.SendAsync(HttpMethod.Get, Hostile, change: request => request.Headers.Add(header, value));
        Assert.Equal(200, (int)answer.StatusCode);
        using var program = await _service.Client.GetAsync(Hostile);
        Assert.Equal(200, (int)program.StatusCode);
    }

    [Fact]
    public async Task The_content_origin_serves_nothing_but_contents()
    {
        using var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        var ticket = (await RedirectAsync(browser, Hostile)).AbsolutePath;
        foreach (var path in new[] { "/", "/console/", Hostile, "/api/files", "/c/", "/c/x", ticket[..^3], "/health/live" })
        {
            using var answer = await OpenAsync(path, change: request =>
            {
                request.Headers.Add("Cookie", $"{browser.SessionCookie}={browser.Cookies[browser.SessionCookie]}");
                request.Headers.Authorization = new("Bearer", _service.Key);
            });
            Assert.Equal((path, 404), (path, (int)answer.StatusCode));
        }

        using var posted = await OpenAsync(ticket, HttpMethod.Post);
        Assert.Equal(404, (int)posted.StatusCode);
        // The origin of the pages accepts no tickets.
        using var own = await _service.Client.GetAsync(ticket);
        Assert.Equal(404, (int)own.StatusCode);
    }

    [Fact]
    public async Task A_link_with_a_password_opens_on_the_content_origin_until_it_is_revoked()
    {
        var links = new LinkClient(_service);
        var link = await links.MakeAsync(new { kind = "download", path = "<b> a.b.html", password = "open sesame" });
        links.Close();
        using var browser = new BrowserClient(_service);
        using (var entered = await browser.SendAsync(HttpMethod.Post, $"{link.Path}/password", new { password = "open sesame" }))
            Assert.Equal(204, (int)entered.StatusCode);

        var address = await RedirectAsync(browser, $"{link.Path}/content");

        Assert.DoesNotContain(link.Token, address.ToString(), StringComparison.Ordinal);
        using (var answer = await OpenAsync(address.AbsolutePath))
            Assert.Equal("<script>alert(1)</script>", await answer.Content.ReadAsStringAsync());
        using (var revoked = await _service.Client.DeleteAsync($"/api/links/{link.Id}"))
            Assert.True(revoked.IsSuccessStatusCode);
        await Eventually.HoldsAsync(async () =>
        {
            using var answer = await OpenAsync(address.AbsolutePath);
            return (int)answer.StatusCode is 404 or 410;
        });
    }

    private static async Task<Uri> RedirectAsync(BrowserClient browser, string path)
    {
        using var answer = await browser.SendAsync(
            HttpMethod.Get, path, change: request => request.Headers.Add("Sec-Fetch-Mode", "navigate"));
        Assert.Equal((307, "no-store"), ((int)answer.StatusCode, answer.Headers.CacheControl!.ToString()));
        return answer.Headers.Location!;
    }

    /// <summary>As a browser without any cookie.</summary>
    private async Task<HttpResponseMessage> OpenAsync(
        string path, HttpMethod? method = null, Action<HttpRequestMessage>? change = null)
    {
        using var anonymous = _service.CreateClient(withKey: false);
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path) { Headers = { Host = Host } };
        change?.Invoke(request);
        return await anonymous.SendAsync(request);
    }
}
