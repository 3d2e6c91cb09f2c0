using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ChunkUpload.Client.Age;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Chunks that are compressed where that makes them arrive earlier, and as they are elsewhere.</summary>
[Collection(ClientCollection.Name)]
public sealed class CompressionTests(ApiFixture fixture) : IDisposable
{
    private const int Large = 24 << 20;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"compressed-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_text_crosses_a_slow_link_in_a_fraction_of_its_bytes_also_over_breaks()
    {
        var file = Text();
        await using var proxy = new CutProxy(_service.Address, cuts: [1_000_000, 2_500_000]) { Rate = 8 << 20 };
        var done = await _rig.Client(proxy.Address, _service.Key).UploadFileAsync(file, new() { Path = $"{_place}/log.txt" });
        Assert.Equal(2, proxy.Broken);
        Assert.InRange(proxy.Passed, 1, Large / 2);
        Assert.InRange(done.SavedByCompressing, Large / 2, Large);
        Assert.Equal(await File.ReadAllBytesAsync(file), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/log.txt"));
    }

    [Fact]
    public async Task What_does_not_shrink_and_what_is_encrypted_goes_as_it_is()
    {
        using var codings = new Codings();
        var client = _rig.Client(_service.Address, _service.Key, codings);
        _ = await client.UploadFileAsync(_rig.File("film.bin", Large), new() { Path = $"{_place}/film.bin" });
        _ = await client.UploadFileAsync(
            Text(), new() { Path = $"{_place}/log.txt", Encryption = new() { Recipients = [AgeIdentity.Create().Recipient] } });
        Assert.NotEmpty(codings.Seen);
        Assert.All(codings.Seen, coding => Assert.Equal("", coding));
    }

    [Fact]
    public async Task A_service_that_names_no_coding_is_not_asked_and_a_proxy_that_knows_none_is_given_up()
    {
        var file = Text();
        using var older = new Codings { HidesThem = true };
        _ = await _rig.Client(_service.Address, _service.Key, older).UploadFileAsync(file, new() { Path = $"{_place}/older.txt" });
        Assert.NotEmpty(older.Seen);
        Assert.All(older.Seen, coding => Assert.Equal("", coding));

        await using var slow = new CutProxy(_service.Address) { Rate = 6 << 20 };
        using var proxy = new Codings { RefusesThem = true };
        var done = await _rig.Client(slow.Address, _service.Key, proxy).UploadFileAsync(file, new() { Path = $"{_place}/proxy.txt" });
        Assert.True(done.Retries > 0);
        Assert.Equal(await File.ReadAllBytesAsync(file), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/proxy.txt"));
    }

    [Fact]
    public void The_link_decides_how_and_content_that_does_not_shrink_is_given_up()
    {
        var text = File.ReadAllBytes(Text()).AsMemory(0, 1 << 20);
        var compressor = new ChunkCompressor(["br", "gzip"], TimeProvider.System);
        // The first chunk shows the rate of the network.
        var first = compressor.Compress(text);
        Assert.Null(first.Coding);
        compressor.Sent(first, TimeSpan.FromSeconds(10));
        var slow = compressor.Compress(text);
        Assert.NotNull(slow.Coding);
        Assert.InRange(slow.Bytes.Length, 1, text.Length / 2);
        compressor.Sent(slow, TimeSpan.FromTicks(1));
        Assert.NotNull(compressor.Compress(text).Coding);
        // If compressed chunks arrive later, chunks are sent uncompressed, even if they compress well.
        var later = new ChunkCompressor(["br", "gzip"], TimeProvider.System);
        later.Sent(later.Compress(text), TimeSpan.FromSeconds(10));
        later.Sent(later.Compress(text), TimeSpan.FromSeconds(20));
        Assert.InRange(Enumerable.Range(0, 30).Count(_ => later.Compress(text).Coding is not null), 1, 2);
        // The fourth is sent uncompressed again. With br, zeros shrink more than the service accepts.
        Assert.Equal([null, "gzip"], Enumerable.Range(0, 2).Select(_ => compressor.Compress(new byte[8 << 20]).Coding));

        // No processor compresses faster than this network sends.
        for (var chunk = 0; chunk < 40; chunk++)
            compressor.Sent(first, TimeSpan.FromTicks(1));
        Assert.Null(compressor.Compress(text).Coding);
        var none = new ChunkCompressor([], TimeProvider.System);
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(none.Compress(text).Coding));

        var gzip = new ChunkCompressor(["gzip"], TimeProvider.System);
        gzip.Sent(first, TimeSpan.FromSeconds(10));
        Assert.Equal([null, "gzip"], Enumerable.Range(0, 2).Select(_ => gzip.Compress(text).Coding));
        var random = ClientRig.Bytes(1 << 20);
        for (var chunk = 0; chunk < 20; chunk++)
            Assert.Null(gzip.Compress(random).Coding);
        Assert.Contains(Enumerable.Range(0, 40), _ => gzip.Compress(text).Coding is not null);
        gzip.Stop();
        Assert.All(Enumerable.Range(0, 40), _ => Assert.Null(gzip.Compress(text).Coding));
    }

    private string Text()
    {
        var path = _rig.At("log.txt");
        if (File.Exists(path))
            return path;
        var (text, random) = (new StringBuilder(Large), new Random(3));
        while (text.Length < Large)
        {
            _ = text.Append("2026-11-27T07:00:00Z GET /api/files/").Append(random.Next()).Append(" 200 in ").Append(random.Next(90))
                .Append('\n');
        }

        text.Length = Large;
        File.WriteAllText(path, text.ToString(), Encoding.ASCII);
        return path;
    }

    /// <summary>A network that notes how chunks are coded, and may behave like an older service or a proxy.</summary>
    private sealed class Codings() : DelegatingHandler(new SocketsHttpHandler())
    {
        private readonly ConcurrentQueue<string> _seen = new();

        public IReadOnlyCollection<string> Seen => _seen;

        public bool HidesThem { get; init; }

        public bool RefusesThem { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var coding = string.Join(',', request.Content?.Headers.ContentEncoding ?? []);
            if (request.Method == HttpMethod.Put)
                _seen.Enqueue(coding);
            if (RefusesThem && coding.Length > 0)
                return new HttpResponseMessage(HttpStatusCode.UnsupportedMediaType);
            var answer = await base.SendAsync(request, cancellationToken);
            if (HidesThem && request.Method == HttpMethod.Post)
            {
                var text = await answer.Content.ReadAsStringAsync(cancellationToken);
                answer.Content = new StringContent(
                    text.Replace("\"codings\"", "\"unknown\"", StringComparison.Ordinal), Encoding.UTF8, "application/json");
            }

            return answer;
        }
    }
}
