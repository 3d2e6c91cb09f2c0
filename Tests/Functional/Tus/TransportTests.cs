using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T16, T64, T65, T170, T171: framing, HTTP versions, unwanted bodies.</summary>
public sealed class TransportTests(TusFixture fixture) : IClassFixture<TusFixture>
{
    private static readonly byte[] Bytes = TusClient.Bytes(200_000);
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    [Fact]
    public async Task Takes_chunked_bytes_and_counts_them()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        await raw.PatchHeadAsync(path, 0, null);
        await raw.SendChunkAsync("12345"u8.ToArray());
        await raw.SendChunkAsync("67890"u8.ToArray());
        await raw.EndChunksAsync();
        Assert.Equal((204, 10L), ((await raw.AnswerAsync()) is var answer ? answer.Status : 0, answer.Offset));
    }

    [Fact]
    public async Task The_byte_that_fills_the_upload_counts_only_when_no_other_follows()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        var written = _tus.Hooks.WrittenAsync(10);
        await raw.PatchHeadAsync(path, 0, null);
        await raw.SendChunkAsync("1234567890"u8.ToArray());
        await written;
        Assert.Equal(0, (await _tus.UploadAsync(path)).ReceivedBytes);
        await raw.SendChunkAsync("x"u8.ToArray());
        var answer = await raw.AnswerAsync();
        Assert.Equal((413, 0L), (answer.Status, answer.Offset));
        Assert.Equal("close", answer["Connection"]);
        Assert.Equal(204, (await _client.PatchAsync(path, 0, new byte[10])).Status);
    }

    [Fact]
    public async Task Broken_framing_is_400_and_the_connection_ends()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        await raw.PatchHeadAsync(path, 0, null);
        await raw.SendAsync("zz\r\n12345\r\n");
        Assert.InRange((await raw.AnswerAsync()).Status, 400, 409);
        await raw.RestAsync();
        Assert.Equal(200, (await _client.HeadAsync(path)).Status);
    }

    [Theory]
    [InlineData("Upload-Offset: 5", 409)]
    [InlineData("Upload-Offset: x", 400)]
    [InlineData("Upload-Offset: 0", 413)]
    public async Task A_refusal_comes_before_the_body_and_little_of_it_is_read(string offset, int status)
    {
        var path = await _client.NewAsync(10);
        foreach (var expect in new[] { true, false })
        {
            using var raw = await _tus.RawAsync();
            await raw.HeadAsync($"PATCH {path}", [offset, $"Content-Type: {TusClient.OffsetType}", "Content-Length: 1000000000", .. expect
                ? new[] { "Expect: 100-continue" }
                : []]);
            if (!expect)
                await raw.SendAsync(Bytes);
            var answer = await raw.FirstAnswerAsync();
            Assert.Equal((status, "close"), (answer.Status, answer["Connection"]));
        }
    }

    [Fact]
    public async Task A_short_unwanted_body_keeps_the_connection_open()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        await raw.PatchHeadAsync(path, 5, 5);
        await raw.SendAsync("12345");
        Assert.Equal(409, (await raw.AnswerAsync()).Status);
        await raw.PatchHeadAsync(path, 0, 5);
        await raw.SendAsync("12345");
        Assert.Equal(204, (await raw.AnswerAsync()).Status);
    }

    [Fact]
    public async Task A_body_that_is_wanted_is_asked_for()
    {
        var path = await _client.NewAsync(5);
        using var raw = await _tus.RawAsync();
        await raw.PatchHeadAsync(path, 0, 5, "Expect: 100-continue");
        Assert.Equal(100, (await raw.FirstAnswerAsync()).Status);
        await raw.SendAsync("12345");
        Assert.Equal(204, (await raw.AnswerAsync()).Status);
    }

    [Fact]
    public async Task HTTP_2_gives_the_same_answers()
    {
        using var certificate = new TestCertificate();
        await using var tus = await fixture.StartAsync([("Host:Urls", "https://127.0.0.1:0"), .. certificate.Settings]);
        using var http = certificate.CreateHttp2Client(tus.Service);
        var client = new TusClient(http);

        var created = await client.CreateAsync(("upload-length", "200000"), ("upload-metadata", "filename YQ=="));
        Assert.Equal(201, created.Status);
        Assert.StartsWith("https://127.0.0.1:", created["Location"], StringComparison.Ordinal);
        Assert.Equal(204, (await client.PatchAsync(created.Path, 0, Bytes[..50_000])).Status);
        Assert.Equal(409, (await client.PatchAsync(created.Path, 0, Bytes)).Status);
        Assert.Equal(412, (await client.SendAsync(HttpMethod.Head, created.Path, null)).Status);
        Assert.Equal(413, (await client.PatchAsync(created.Path, 50_000, new byte[150_001])).Status);
        var head = await client.HeadAsync(created.Path);
        Assert.Equal((200, 50_000L, "filename YQ=="), (head.Status, head.Offset, head["Upload-Metadata"]));

        // Without a length.
        var last = await client.PatchAsync(created.Path, 50_000, new UnannouncedContent(Bytes[50_000..]));
        Assert.Equal((204, 200_000L), (last.Status, last.Offset));
        Assert.Equal(Bytes, await client.DownloadAsync(created.Path));
        Assert.Equal(204, (await client.DeleteAsync(created.Path)).Status);
    }

    [Fact]
    public async Task A_stream_of_HTTP_2_that_is_reset_keeps_the_received_bytes()
    {
        using var certificate = new TestCertificate();
        await using var tus = await fixture.StartAsync([("Host:Urls", "https://127.0.0.1:0"), .. certificate.Settings]);
        using var http = certificate.CreateHttp2Client(tus.Service);
        var client = new TusClient(http);
        var path = await client.NewAsync(Bytes.Length);

        var written = tus.Hooks.WrittenAsync(120_000);
        var content = new PushedContent();
        using var cancel = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(path, UriKind.Relative))
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Offset", "0");
        content.Headers.ContentType = new MediaTypeHeaderValue(TusClient.OffsetType);
        var patch = http.SendAsync(request, cancel.Token);
        content.Push(Bytes[..120_000]);
        await written;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patch);

        var head = await client.HeadAsync(path);
        Assert.Equal((200, 120_000L), (head.Status, head.Offset));
        Assert.Equal(204, (await client.PatchAsync(path, 120_000, Bytes[120_000..])).Status);
        Assert.Equal(Bytes, await client.DownloadAsync(path));
    }

    /// <summary>A body of unannounced length.</summary>
    private sealed class UnannouncedContent(byte[] bytes) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) => await stream.WriteAsync(bytes);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>A body of unannounced length whose bytes the test supplies over time.</summary>
    private sealed class PushedContent : HttpContent
    {
        private readonly Channel<byte[]> _extents = Channel.CreateUnbounded<byte[]>();

        public void Push(byte[] bytes) => _extents.Writer.TryWrite(bytes);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await foreach (var extent in _extents.Reader.ReadAllAsync(cancellationToken))
            {
                await stream.WriteAsync(extent, cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
