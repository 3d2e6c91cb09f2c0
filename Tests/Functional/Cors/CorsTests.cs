using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Cors;

/// <summary>Rules T160-T167: the answers to browsers with pages of other sites.</summary>
public sealed class CorsTests(TusFixture fixture) : IClassFixture<TusFixture>
{
    private const string Page = "https://app.example.org";
    private static readonly (string Name, string Value) Origin = ("Origin", Page);
    private readonly TusClient _client = fixture.Tus.Client;

    [Theory]
    [InlineData("/files")]
    [InlineData("/files/00000000000000000000000000000000")]
    [InlineData("/uploads")]
    [InlineData("/api/sessions")]
    [InlineData("/api/sessions/00000000000000000000000000000000/chunks/0")]
    [InlineData("/nothing")]
    public async Task A_preflight_needs_no_key_and_allows_what_the_protocols_need(string path)
    {
        using var http = fixture.Tus.Service.CreateClient(withKey: false);
        var answer = await PreflightAsync(
            new TusClient(http), path, ("Access-Control-Request-Headers", "authorization,tus-resumable,upload-length"),
            ("Access-Control-Request-Private-Network", "true"));
        Assert.Equal((204, "*", "86400"), (answer.Status, answer["Access-Control-Allow-Origin"], answer["Access-Control-Max-Age"]));
        var methods = answer["Access-Control-Allow-Methods"]!.Split(", ");
        foreach (var method in new[] { "POST", "HEAD", "PATCH", "OPTIONS", "GET", "DELETE", "PUT" })
            Assert.Contains(method, methods);
        var headers = answer["Access-Control-Allow-Headers"]!.Split(", ");
        foreach (var header in Sent)
            Assert.Contains(header, headers);
        Assert.Equal("Origin, Access-Control-Request-Method, Access-Control-Request-Headers", answer["Vary"]);
        Assert.Null(answer["Access-Control-Allow-Credentials"]);
        Assert.Null(answer["Access-Control-Allow-Private-Network"]);
        Assert.NotNull(answer["X-Request-ID"]);
    }

    [Fact]
    public async Task A_preflight_of_tus_tells_of_tus_and_of_the_limits_too()
    {
        var answer = await PreflightAsync(_client, "/files");
        Assert.Equal(("1.0.0", "1.0.0", "*"), (answer["Tus-Version"], answer["Tus-Resumable"], answer["Access-Control-Allow-Origin"]));
        Assert.Contains("max-size=", answer["Upload-Limit"], StringComparison.Ordinal);
        Assert.Contains("max-size=", (await PreflightAsync(_client, "/uploads"))["Upload-Limit"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_sees_the_headers_of_every_answer_also_of_failures()
    {
        using var http = fixture.Tus.Service.CreateClient(withKey: false);
        var anonymous = new TusClient(http);
        var created = await _client.CreateAsync(("Upload-Length", "10"), Origin);
        var path = created.Path;
        TusAnswer[] answers =
        [
            created,
            await _client.TusAsync(HttpMethod.Head, path, null, Origin),
            await _client.PatchAsync(path, 5, [1], Origin),
            await _client.PatchAsync(path, 0, [1], ("Upload-Checksum", "sha1 AAAA"), Origin),
            await _client.PatchAsync(path, 0, new byte[11], Origin),
            await _client.PatchAsync("/files/00000000000000000000000000000000", 0, [1], Origin),
            await _client.SendAsync(HttpMethod.Head, path, null, Origin),
            await anonymous.TusAsync(HttpMethod.Head, path, null, Origin),
            await _client.SendAsync(HttpMethod.Get, "/api/files", null, Origin),
            await _client.SendAsync(HttpMethod.Get, "/nothing", null, Origin),
            await _client.SendAsync(HttpMethod.Put, "/files", null, Origin),
            await _client.SendAsync(HttpMethod.Head, "/uploads/00000000000000000000000000000000", null, Origin),
            await _client.SendAsync(HttpMethod.Options, "/files", null, Origin),
            await _client.SendAsync(HttpMethod.Get, "/", null, Origin),
        ];
        Assert.Equal([201, 200, 409, 460, 413, 404, 412, 401, 200, 404, 405, 404, 200, 200], answers.Select(answer => answer.Status));
        foreach (var answer in answers)
        {
            Assert.Equal("*", answer["Access-Control-Allow-Origin"]);
            Assert.Contains("Origin", answer["Vary"], StringComparison.Ordinal);
            var exposed = answer["Access-Control-Expose-Headers"]!.Split(", ");
            foreach (var header in Read)
                Assert.Contains(header, exposed);
        }
    }

    [Fact]
    public async Task A_page_sees_what_goes_wrong_inside()
    {
        var path = await _client.NewAsync(10);
        foreach (var look in new[] { nameof(IUploadLedger.FindAsync), nameof(IStreamLedger.InspectStreamAsync) })
            fixture.Tus.Hooks.Fail(look, () => new InvalidOperationException("a bug"));
        var head = await _client.TusAsync(HttpMethod.Head, path, null, Origin);
        var patch = await _client.PatchAsync(path, 0, [1], Origin);
        Assert.Equal(
            (423, "*", 500, "*"), (head.Status, head["Access-Control-Allow-Origin"], patch.Status, patch["Access-Control-Allow-Origin"]));
    }

    [Fact]
    public async Task Without_an_origin_there_is_nothing_to_allow()
    {
        var answer = await _client.CreateAsync(("Upload-Length", "10"));
        Assert.Null(answer["Access-Control-Allow-Origin"]);
        Assert.Null(answer["Access-Control-Expose-Headers"]);
        Assert.Equal("Origin", answer["Vary"]);
    }

    [Fact]
    public async Task With_a_list_only_its_origins_may_and_credentials_name_them()
    {
        await using var tus = await fixture.StartAsync(
            ("Cors:Origins", $"{Page},https://*.example.net"), ("Cors:Credentials", "true"), ("Cors:AllowHeaders", "X-Own"));
        foreach (var origin in new[] { Page, "https://a.example.net" })
        {
            var allowed = await PreflightOfAsync(tus.Client, origin);
            Assert.Equal((204, origin, "true", "86400"), (
                allowed.Status, allowed["Access-Control-Allow-Origin"], allowed["Access-Control-Allow-Credentials"],
                allowed["Access-Control-Max-Age"]));
            Assert.EndsWith(", X-Own", allowed["Access-Control-Allow-Headers"], StringComparison.Ordinal);
            var created = await tus.Client.CreateAsync(("Upload-Length", "1"), ("Origin", origin));
            Assert.Equal((201, origin, "true"),
                (created.Status, created["Access-Control-Allow-Origin"], created["Access-Control-Allow-Credentials"]));
        }

        foreach (var origin in new[] { "https://evil.example", "null", "https://app.example.org.evil.example" })
        {
            var refused = await PreflightOfAsync(tus.Client, origin);
            Assert.Equal((403, "forbidden_origin", null, null), (
                refused.Status, refused["X-Error-Code"], refused["Access-Control-Allow-Origin"], refused["Access-Control-Allow-Methods"]));
            Assert.Equal("1.0.0", refused["Tus-Resumable"]);
            // Carried out, and hidden from the page by its browser: other clients send an Origin too.
            var created = await tus.Client.CreateAsync(("Upload-Length", "1"), ("Origin", origin));
            Assert.Equal((201, null, null, "Origin"),
                (created.Status, created["Access-Control-Allow-Origin"], created["Access-Control-Expose-Headers"], created["Vary"]));
        }
    }

    [Fact]
    public async Task With_no_origins_the_headers_are_a_proxys_business()
    {
        await using var tus = await fixture.StartAsync(("Cors:Origins", "none"));
        var preflight = await PreflightAsync(tus.Client, "/files");
        var created = await tus.Client.CreateAsync(("Upload-Length", "1"), Origin);
        Assert.Equal((204, 201), (preflight.Status, created.Status));
        foreach (var answer in new[] { preflight, created })
            Assert.DoesNotContain(
                answer.Headers.Keys, name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase) || name == "Vary");
    }

    [Fact]
    public async Task A_service_without_a_key_allows_only_pages_of_this_machine()
    {
        await using var tus = await fixture.StartAsync(("Access:Mode", "Open"));
        Assert.Equal(403, (await PreflightAsync(tus.Client, "/files")).Status);
        Assert.Equal(403, (await tus.Client.CreateAsync(("Upload-Length", "1"), Origin)).Status);
        var local = await PreflightOfAsync(tus.Client, "http://localhost:3000");
        Assert.Equal((204, "*"), (local.Status, local["Access-Control-Allow-Origin"]));
        Assert.Equal(201, (await tus.Client.CreateAsync(("Upload-Length", "1"), ("Origin", "http://localhost:3000"))).Status);
    }

    [Fact]
    public async Task Every_early_answer_has_the_clients_request_id()
    {
        using var http = fixture.Tus.Service.CreateClient(withKey: false);
        var anonymous = new TusClient(http);
        (string, string) id = ("X-Request-ID", "a-client.s_id-1");
        TusAnswer[] answers =
        [
            // The version is checked before the key: any client of another version learns which is supported (T2).
            await anonymous.SendAsync(HttpMethod.Head, "/files/00000000000000000000000000000000", null, id),
            await anonymous.TusAsync(HttpMethod.Head, "/files/00000000000000000000000000000000", null, id),
            await anonymous.SendAsync(HttpMethod.Options, "/files", null, id),
            await anonymous.TusAsync(HttpMethod.Post, "/files", null, id, ("X-HTTP-Method-Override", "GET")),
            await anonymous.TusAsync(HttpMethod.Post, "/files", null, id, ("Upload-Complete", "?1")),
            await anonymous.SendAsync(HttpMethod.Post, "/uploads", null, id, ("Tus-Resumable", "1.0.0")),
            await anonymous.SendAsync(HttpMethod.Options, "/api/sessions", null, id, Origin, ("Access-Control-Request-Method", "POST")),
            await anonymous.SendAsync(HttpMethod.Get, "/api/files", null, id),
        ];
        Assert.Equal([412, 401, 200, 400, 400, 400, 204, 401], answers.Select(answer => answer.Status));
        Assert.All(answers, answer => Assert.Equal(id.Item2, answer["X-Request-ID"]));
    }

    private static readonly string[] Sent =
    [
        "Authorization", "Origin", "X-Requested-With", "X-Request-ID", "X-HTTP-Method-Override", "Content-Type", "Tus-Resumable",
            "Upload-Length", "Upload-Offset",
        "Upload-Metadata", "Upload-Defer-Length", "Upload-Concat", "Upload-Checksum", "Upload-Complete", "Upload-Incomplete",
            "Upload-Draft-Interop-Version",
        "Upload-Limit", "Content-Digest", "Repr-Digest", "Want-Repr-Digest", "Content-Disposition", "X-CSRF-Token", "Idempotency-Key",
            "X-Content-SHA256", "X-OC-Mtime", "X-Chunk-SHA256",
        "Content-Range", "Range",
    ];

    private static readonly string[] Read =
    [
        "Location", "Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Defer-Length", "Upload-Concat", "Upload-Expires",
            "Upload-Checksum",
        "Upload-Complete", "Upload-Incomplete", "Upload-Draft-Interop-Version", "Upload-Limit", "Repr-Digest", "Tus-Version",
            "Tus-Resumable", "Tus-Max-Size",
        "Tus-Extension", "Tus-Checksum-Algorithm", "Retry-After", "X-Request-ID", "X-Error-Code", "Content-Disposition", "Content-Range",
            "ETag",
    ];

    private static Task<TusAnswer> PreflightAsync(TusClient client, string path, params (string, string)[] more) =>
        client.SendAsync(HttpMethod.Options, path, null, [Origin, ("Access-Control-Request-Method", "PATCH"), .. more]);

    private static Task<TusAnswer> PreflightOfAsync(TusClient client, string origin, params (string, string)[] more) =>
        client.SendAsync(HttpMethod.Options, "/files", null, [("Origin", origin), ("Access-Control-Request-Method", "POST"), .. more]);
}
