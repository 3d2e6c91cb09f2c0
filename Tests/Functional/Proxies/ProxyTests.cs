using ChunkUpload.Tests.Functional.Resumable;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Proxies;

/// <summary>Rule T73: the address in the answer, behind trusted and untrusted proxies.</summary>
public sealed class ProxyTests(TusFixture fixture) : IClassFixture<TusFixture>
{
    private static readonly (string, string)[] FromNginx =
        [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example.org"),
            ("X-Forwarded-Prefix", "/up")];

    [Fact]
    public async Task Forwarded_headers_of_untrusted_senders_are_ignored()
    {
        var forwarded = ("Forwarded", "for=203.0.113.9;proto=https;host=files.example.org");
        Assert.StartsWith(
            fixture.Tus.Service.Address + "files/", await LocationAsync(fixture.Tus, [.. FromNginx, forwarded]), StringComparison.Ordinal);
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "192.0.2.0/24,2001:db8::/32"));
        Assert.StartsWith(tus.Service.Address + "files/", await LocationAsync(tus, [.. FromNginx, forwarded]), StringComparison.Ordinal);
        Assert.Single(tus.Service.Log.All, line => line.Contains("Proxy:Trusted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_trusted_proxy_says_how_clients_reach_the_service()
    {
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.1,10.0.0.0/8"));
        Assert.StartsWith("https://files.example.org/up/files/", await LocationAsync(tus, FromNginx), StringComparison.Ordinal);
        // Without a forwarded host, the request's host; a port that is not the scheme's default is part of the address.
        Assert.StartsWith($"https://{tus.Service.Address.Authority}/files/", await LocationAsync(tus, ("X-Forwarded-Proto", "https")),
            StringComparison.Ordinal);
        Assert.StartsWith("https://files.example.org:8443/files/",
            await LocationAsync(tus, ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example.org"),
                ("X-Forwarded-Port", "8443")), StringComparison.Ordinal);
        Assert.StartsWith("https://files.example.org/files/",
            await LocationAsync(tus, ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "files.example.org"),
                ("X-Forwarded-Port", "443")), StringComparison.Ordinal);
        // With two trusted proxies, the outer one's value counts. Values before the first untrusted address are ignored.
        Assert.StartsWith("https://outer.example/files/", await LocationAsync(tus,
            ("X-Forwarded-For", "198.51.100.7, 10.0.0.5"), ("X-Forwarded-Proto", "https, http"),
                ("X-Forwarded-Host", "outer.example, inner.example")), StringComparison.Ordinal);
        Assert.StartsWith("http://inner.example/files/", await LocationAsync(tus,
            ("X-Forwarded-For", "198.51.100.7, 203.0.113.9"), ("X-Forwarded-Proto", "https, http"),
                ("X-Forwarded-Host", "forged.example, inner.example")), StringComparison.Ordinal);
        // The other family of headers was written by the client.
        Assert.StartsWith("https://files.example.org/up/files/",
            await LocationAsync(tus, [.. FromNginx, ("Forwarded", "proto=http;host=forged.example")]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trusted_proxy_may_use_the_standard_header_Forwarded()
    {
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.0/8,10.0.0.0/8"), ("Proxy:Headers", "Forwarded"));
        Assert.StartsWith("https://files.example.org/files/",
            await LocationAsync(tus, ("Forwarded", "for=203.0.113.9;proto=https;host=files.example.org")), StringComparison.Ordinal);
        Assert.StartsWith("https://outer.example:8443/files/", await LocationAsync(tus,
            ("Forwarded", "for=\"198.51.100.7:999\";proto=https;host=\"outer.example:8443\", for=10.0.0.5;proto=http;host=inner.example")),
                StringComparison.Ordinal);
        Assert.StartsWith(tus.Service.Address + "files/", await LocationAsync(tus, [("Forwarded", "for=\"broken"), .. FromNginx]),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Forwarded-Host", "evil.example/path")]
    [InlineData("X-Forwarded-Host", "user@evil.example")]
    [InlineData("X-Forwarded-Host", "\"><script>")]
    [InlineData("X-Forwarded-Proto", "javascript")]
    [InlineData("X-Forwarded-Prefix", "//evil.example")]
    [InlineData("X-Forwarded-Prefix", "/../x")]
    [InlineData("X-Forwarded-Port", "99999")]
    public async Task Forwarded_value_that_no_address_allows_is_ignored(string name, string value)
    {
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.1"));
        Assert.StartsWith(tus.Service.Address + "files/", await LocationAsync(tus, (name, value)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configured_address_wins_over_everything()
    {
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.1"), ("Proxy:PublicUrl", "https://public.example/base/"));
        Assert.StartsWith("https://public.example/base/files/", await LocationAsync(tus, [.. FromNginx, ("Host", "evil.example")]),
            StringComparison.Ordinal);
        var part = await tus.Client.CreateAsync(("Upload-Concat", "partial"), ("Upload-Length", "0"));
        // An address that was given out is accepted in a list of parts.
        Assert.Equal(201, (
            await tus.Client.CreateAsync(("Upload-Concat", $"final;{part["Location"]} {new Uri(part["Location"]!).AbsolutePath}"))).Status);

        var whole = await UploadWire.SendAsync(
            tus.Service, "PUT /uploads/a.txt", "hello"u8.ToArray(), "Upload-Draft-Interop-Version: 8", "Upload-Complete: ?1");
        Assert.StartsWith("https://public.example/base/api/files/", whole.Final["Location"], StringComparison.Ordinal);
        var begun = await UploadWire.SendAsync(tus.Service, "POST /uploads", [], "Upload-Draft-Interop-Version: 8", "Upload-Complete: ?0");
        Assert.StartsWith("https://public.example/base/uploads/", begun.Final["Location"], StringComparison.Ordinal);
        using var session = await tus.Service.Client.PostAsync(
            new Uri("/api/sessions", UriKind.Relative), new StringContent("{\"fileName\":\"a\",\"size\":1}", null, "application/json"));
        Assert.StartsWith("/base/api/sessions/", session.Headers.Location!.OriginalString, StringComparison.Ordinal);
        using var file = await tus.Service.Client.PutAsync(new Uri("/api/files/a", UriKind.Relative), new ByteArrayContent([1]));
        Assert.StartsWith("/base/api/files/", file.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example", "http://evil.example/files/")]
    [InlineData("evil.example:81", "http://evil.example:81/files/")]
    [InlineData("a'b(c)", "/files/")]
    [InlineData("", "/files/")]
    public async Task An_invalid_host_name_is_not_repeated(string host, string begins)
    {
        var answer = await RawAsync(fixture.Tus, $"Host: {host}\r\n");
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\r\nLocation: {begins}", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host: a/b\r\n")]
    [InlineData("Host: a b\r\n")]
    [InlineData("Host: user@a\r\n")]
    [InlineData("Host: a\"b\r\n")]
    [InlineData("Host: %65vil\r\n")]
    [InlineData("Host: a\r\nHost: b\r\n")]
    [InlineData("")]
    public async Task A_malformed_host_is_400(string line) =>
        Assert.StartsWith("HTTP/1.1 400 ", await RawAsync(fixture.Tus, line), StringComparison.Ordinal);

    [Fact]
    public async Task No_interim_response_goes_through_a_trusted_proxy()
    {
        await using var tus = await fixture.StartAsync(("Proxy:Trusted", "127.0.0.1"));
        string[] headers = ["Upload-Draft-Interop-Version: 8", "Upload-Complete: ?1"];
        Assert.Empty((await UploadWire.SendAsync(tus.Service, "POST /uploads", [1], headers)).Interim);
        await using var always = TusService.Of(await tus.Service.RestartAsync(
            new Dictionary<string, string> { ["Proxy:Trusted"] = "127.0.0.1", ["Resumable:InterimResponses"] = "Always" }));
        Assert.Single((await UploadWire.SendAsync(always.Service, "POST /uploads", [1], headers)).Interim);
    }

    private static async Task<string> LocationAsync(TusService tus, params (string, string)[] headers)
    {
        var created = await tus.Client.CreateAsync([("Upload-Length", "1"), .. headers]);
        Assert.Equal(201, created.Status);
        return created["Location"]!;
    }

    private static Task<string> RawAsync(TusService tus, string host) => RawConnection.AnswerAsync(
        tus.Service.Address,
        $"POST /files HTTP/1.1\r\n{host}Authorization: Bearer {tus.Service.Key}\r\nTus-Resumable: 1.0.0\r\nUpload-Length: "
            + $"1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}
