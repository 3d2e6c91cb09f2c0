using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Http2;

/// <summary>Rules T16, T121, T171, R44, R103 and R111 on HTTP/2: over TLS, where it is negotiated, and with prior knowledge.</summary>
public sealed class Http2Tests : IClassFixture<Http2Tests.Listeners>
{
    private static readonly byte[] Bytes = TusClient.Bytes(200_000);
    private readonly Listeners _fixture;
    private readonly TusService _tus;

    public Http2Tests(Listeners fixture) => (_fixture, _tus) = (fixture, fixture.Tus);

    /// <summary>One service with every version of HTTP.</summary>
    public sealed class Listeners : IAsyncLifetime, IDisposable
    {
        private readonly TestCertificate _certificate = new();

        internal TusService Tus { get; private set; } = null!;

        internal Uri Tls => AddressOf("https");

        internal Uri Plain => AddressOf("http");

        internal SslClientAuthenticationOptions Options =>
            _certificate.Options(SslApplicationProtocol.Http11, SslApplicationProtocol.Http2);

        internal SocketsHttpHandler CreateHandler() => _certificate.CreateHandler();

        internal HttpClient CreateClient(bool tls) => _certificate.CreateClient(tls ? Tls : Plain, Tus.Service.Key, HttpVersion.Version20);

        /// <summary>The path of a new tus upload of this length.</summary>
        internal async Task<string> NewAsync(long length)
        {
            using var http = CreateClient(tls: true);
            return await new TusClient(http).NewAsync(length);
        }

        public async Task InitializeAsync()
        {
            var postgres = new PostgresFixture();
            await postgres.InitializeAsync();
            Tus = await TusService.StartAsync(
                postgres, [("Host:Urls", "https://127.0.0.1:0"), ("Host:Http2Urls", "http://127.0.0.1:0"), .. _certificate.Settings]);
        }

        public async Task DisposeAsync() => await Tus.DisposeAsync();

        public void Dispose() => _certificate.Dispose();

        private Uri AddressOf(string scheme) =>
            new(Tus.Service.Addresses.Single(url => url.StartsWith(scheme + ":", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Http2_is_negotiated_over_TLS()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_fixture.Tls.Host, _fixture.Tls.Port);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(_fixture.Options);
        Assert.Equal(SslApplicationProtocol.Http2, tls.NegotiatedApplicationProtocol);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tus_gives_the_same_answers(bool tls)
    {
        using var http = _fixture.CreateClient(tls);
        var client = new TusClient(http);
        var created = await client.CreateAsync(("upload-length", "200000"), ("upload-metadata", "filename YQ=="));
        Assert.Equal(201, created.Status);
        Assert.StartsWith(tls ? "https://127.0.0.1:" : "http://127.0.0.1:", created["Location"], StringComparison.Ordinal);
        Assert.Equal(204, (await client.PatchAsync(created.Path, 0, Bytes[..50_000])).Status);
        Assert.Equal(409, (await client.PatchAsync(created.Path, 0, Bytes)).Status);
        Assert.Equal(412, (await client.SendAsync(HttpMethod.Head, created.Path, null)).Status);
        Assert.Equal(413, (await client.PatchAsync(created.Path, 50_000, new byte[150_001])).Status);
        var head = await client.HeadAsync(created.Path);
        Assert.Equal((200, 50_000L, "filename YQ=="), (head.Status, head.Offset, head["Upload-Metadata"]));
        Assert.Equal(204, (await client.PatchAsync(created.Path, 50_000, Bytes[50_000..])).Status);
        Assert.Equal(Bytes, await client.DownloadAsync(created.Path));
        Assert.Equal(204, (await client.DeleteAsync(created.Path)).Status);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(true, 6)]
    [InlineData(true, 9)]
    [InlineData(false, 9)]
    public async Task Resumable_uploads_give_the_same_answers(bool tls, int version)
    {
        using var http = _fixture.CreateClient(tls);
        var client = new TusClient(http);
        (string, string) number = ("upload-draft-interop-version", $"{version}");
        (string, string) State(bool complete) => version == 3
            ? ("upload-incomplete", complete ? "?0" : "?1") : ("upload-complete", complete ? "?1" : "?0");
        (string, string) type = ("Content-Type", "application/partial-upload");

        var created = await client.SendAsync(HttpMethod.Post, "/uploads", new ByteArrayContent(Bytes[..50_000]), number, State(false));
        Assert.Equal((201, 50_000L), (created.Status, created.Offset));
        var conflict = await client.SendAsync(
            HttpMethod.Patch, created.Path, new ByteArrayContent(Bytes), number, State(true), ("upload-offset", "0"), type);
        Assert.Equal((409, 50_000L), (conflict.Status, conflict.Offset));
        var head = await client.SendAsync(HttpMethod.Head, created.Path, null, number);
        Assert.Equal((204, 50_000L), (head.Status, head.Offset));
        var last = await client.SendAsync(
            HttpMethod.Patch, created.Path, new ByteArrayContent(Bytes[50_000..]), number, State(true), ("upload-offset", "50000"), type);
        Assert.Equal((201, 200_000L), (last.Status, last.Offset));
        using var content = await http.GetAsync(new Uri($"/api/files/{created.Path.Split('/')[^1]}/content", UriKind.Relative));
        Assert.Equal(Bytes, await content.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", 204)]
    [InlineData("sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", 460)]
    [InlineData("sha1 not base64", 400)]
    [InlineData(null, 400)]
    public async Task The_checksum_of_tus_may_come_in_the_trailer(string? checksum, int status)
    {
        var path = await _fixture.NewAsync(11);
        using var connection = await RawHttp2.OpenAsync(_fixture.Plain, _tus.Service.Key);
        var stream = await connection.RequestAsync(
            "PATCH", path, ends: false, ("tus-resumable", "1.0.0"), ("upload-offset", "0"), ("content-type", TusClient.OffsetType),
                ("trailer", "upload-checksum"));
        await connection.DataAsync(stream, "hello "u8.ToArray(), ends: false);
        await connection.DataAsync(stream, "world"u8.ToArray(), ends: false);
        await connection.TrailersAsync(stream, checksum is null ? ("x-other", "1") : ("upload-checksum", checksum));
        var answer = await connection.AnswerAsync(stream);
        Assert.Equal((status, "1.0.0"), (answer.Status, answer["tus-resumable"]));
        Assert.Equal(status == 204 ? 11 : 0, (await _tus.UploadAsync(path)).ReceivedBytes);
    }

    [Theory]
    [InlineData(true, 201)]
    [InlineData(false, 400)]
    public async Task A_digest_of_a_resumable_part_may_come_in_the_trailer(bool right, int status)
    {
        using var connection = await RawHttp2.OpenAsync(_fixture.Plain, _tus.Service.Key);
        (string, string)[] fields = [("upload-draft-interop-version", "8"), ("upload-complete", "?0")];
        var begun = await connection.AnswerAsync(await connection.RequestAsync("POST", "/uploads", ends: true, fields));
        var path = new Uri(begun["location"]!).AbsolutePath;
        var stream = await connection.RequestAsync(
            "PATCH", path, ends: false,
            ("upload-draft-interop-version", "8"), ("upload-complete", "?1"), ("upload-offset", "0"),
                ("content-type", "application/partial-upload"), ("trailer", "content-digest"));
        await connection.DataAsync(stream, "hello"u8.ToArray(), ends: false);
        await connection.TrailersAsync(
            stream, ("content-digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData(right ? "hello"u8 : "hullo"u8))}:"));
        var answer = await connection.AnswerAsync(stream);
        // No interim responses on HTTP/2: the final headers are the only block.
        Assert.Equal((status, 1), (answer.Status, answer.Blocks.Count));
        Assert.Equal(right ? 5 : 0, (await _tus.UploadAsync(path)).ReceivedBytes);
    }

    [Fact]
    public async Task A_chunks_digest_may_come_in_the_trailer()
    {
        using var http = _fixture.CreateClient(tls: true);
        using var session = await http.PostAsync(
            new Uri("/api/sessions", UriKind.Relative), new StringContent("{\"fileName\":\"a\",\"size\":5}", null, "application/json"));
        Assert.Equal(HttpStatusCode.Created, session.StatusCode);
        using var connection = await RawHttp2.OpenAsync(_fixture.Plain, _tus.Service.Key);
        var stream =
            await connection.RequestAsync("PUT", $"{session.Headers.Location}/chunks/0", ends: false, ("trailer", "x-chunk-sha256"));
        await connection.DataAsync(stream, "hello"u8.ToArray(), ends: false);
        await connection.TrailersAsync(stream, ("x-chunk-sha256", Convert.ToHexStringLower(SHA256.HashData("hello"u8))));
        Assert.Equal(201, (await connection.AnswerAsync(stream)).Status);
    }

    [Fact]
    public async Task Much_may_be_under_way_on_a_long_line()
    {
        using var connection = await RawHttp2.OpenAsync(_fixture.Plain, _tus.Service.Key);
        Assert.Equal(200, (await connection.AnswerAsync(await connection.RequestAsync("OPTIONS", "/files", ends: true))).Status);
        Assert.Equal((8 << 20, 8 << 20), (connection.StreamWindow, connection.ConnectionWindow));
    }

    [Theory]
    [InlineData("tus")]
    [InlineData("ietf")]
    public async Task A_stream_that_is_reset_keeps_the_received_bytes_and_its_connection_continues(string protocol)
    {
        using var connection = await RawHttp2.OpenAsync(_fixture.Plain, _tus.Service.Key);
        (string Name, string Value)[] head = protocol == "tus"
            ? [("tus-resumable", "1.0.0"), ("upload-offset", "0"), ("content-type", TusClient.OffsetType)]
            : [("upload-draft-interop-version", "8"), ("upload-complete", "?1"), ("upload-offset", "0"),
                ("content-type", "application/partial-upload")];
        string path;
        if (protocol == "tus")
        {
            path = await _fixture.NewAsync(10);
        }
        else
        {
            var begun = await connection.AnswerAsync(
                await connection.RequestAsync("POST", "/uploads", ends: true, ("upload-complete", "?0"), ("upload-length", "10")));
            path = new Uri(begun["location"]!).AbsolutePath;
        }

        var written = _tus.Hooks.WrittenAsync(7);
        var stream = await connection.RequestAsync("PATCH", path, ends: false, head);
        await connection.DataAsync(stream, "1234567"u8.ToArray(), ends: false);
        await written;
        await connection.ResetAsync(stream);

        var asked = await connection.AnswerAsync(
            await connection.RequestAsync("HEAD", path, ends: true, protocol == "tus" ? [("tus-resumable", "1.0.0")] : []));
        Assert.Equal("7", asked["upload-offset"]);
        head[Array.FindIndex(head, field => field.Name == "upload-offset")].Value = "7";
        stream = await connection.RequestAsync("PATCH", path, ends: false, head);
        await connection.DataAsync(stream, "890"u8.ToArray(), ends: true);
        Assert.Equal(protocol == "tus" ? 204 : 201, (await connection.AnswerAsync(stream)).Status);
    }

    [Fact]
    public async Task Thousands_of_streams_that_are_reset_at_once_hold_up_no_other_client()
    {
        using var connection = await RawHttp2.OpenAsync(_fixture.Plain, _tus.Service.Key);
        try
        {
            for (var count = 0; count < 3000; count++)
                await connection.ResetAsync(await connection.RequestAsync("GET", "/api/files", ends: true));
        }
        catch (IOException)
        {
            // The server has ended the connection.
        }

        using var other = _fixture.CreateClient(tls: true);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/api/files")).StatusCode);
        using var again = await RawHttp2.OpenAsync(_fixture.Plain, _tus.Service.Key);
        Assert.Equal(200, (await again.AnswerAsync(await again.RequestAsync("GET", "/api/files", ends: true))).Status);
    }

    [Fact]
    public async Task A_refused_body_costs_its_stream_and_not_the_connection()
    {
        var path = await _fixture.NewAsync(10);
        using var connection = await RawHttp2.OpenAsync(_fixture.Plain, _tus.Service.Key);
        var stream = await connection.RequestAsync(
            "PATCH", path, ends: false, ("tus-resumable", "1.0.0"), ("upload-offset", "5"), ("content-type", TusClient.OffsetType));
        await connection.DataAsync(stream, new byte[10_000], ends: false);
        var refused = await connection.AnswerAsync(stream);
        Assert.Equal((409, "0"), (refused.Status, refused["upload-offset"]));
        var head = await connection.AnswerAsync(await connection.RequestAsync("HEAD", path, ends: true, ("tus-resumable", "1.0.0")));
        Assert.Equal((200, "0"), (head.Status, head["upload-offset"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_page_opens_its_WebSocket_with_its_cookie_and_its_token(bool token)
    {
        using var browser = new BrowserClient(_fixture.Tls, _tus.Service.Key, _fixture.CreateHandler());
        await browser.SignInAsync();
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.SetRequestHeader("Cookie", browser.CookieHeader);
        socket.Options.SetRequestHeader("Origin", browser.Origin);
        socket.Options.SetRequestHeader("Sec-Fetch-Site", "same-origin");
        socket.Options.AddSubProtocol("live");
        if (token)
            socket.Options.AddSubProtocol($"csrf.{browser.CsrfToken}");
        using var invoker = new HttpMessageInvoker(_fixture.CreateHandler());
        var address = new UriBuilder(_fixture.Tls) { Scheme = "wss", Path = "/api/events/ws" }.Uri;
        var opening = socket.ConnectAsync(address, invoker, CancellationToken.None);

        if (!token)
        {
            await Assert.ThrowsAsync<WebSocketException>(() => opening);
            return;
        }

        await opening;
        Assert.Equal("live", socket.SubProtocol);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }
}
