using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ChunkUpload.Client.Age;
using ChunkUpload.Client.Uploads;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Chunks that are compressed where that makes them arrive earlier, and as they are elsewhere.</summary>
[Collection(ApiCollection.Name)]
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

        using var proxy = new Codings { RefusesThem = true };
        var done = await _rig.Client(_service.Address, _service.Key, proxy).UploadFileAsync(file, new() { Path = $"{_place}/proxy.txt" });
        Assert.True(done.Retries > 0);
        Assert.Equal(await File.ReadAllBytesAsync(file), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/proxy.txt"));
    }

    [Fact]
    public void The_link_decides_how_and_content_that_does_not_shrink_is_given_up()
    {
        var text = File.ReadAllBytes(Text());
        var speed = 100_000d;
        var compressor = new ChunkCompressor(["br", "gzip"], () => speed, TimeProvider.System);
        var slow = compressor.Compress(text.AsMemory(0, 1 << 20));
        Assert.Equal("br", slow.Coding);
        Assert.InRange(slow.Bytes.Length, 1, (1 << 20) / 2);
        // No processor compresses faster than this link sends.
        speed = 1e15;
        Assert.Null(compressor.Compress(text.AsMemory(0, 1 << 20)).Coding);
        speed = 100_000;
        Assert.Equal("gzip", new ChunkCompressor(["gzip"], () => speed, TimeProvider.System).Compress(text).Coding);
        Assert.Null(new ChunkCompressor([], () => speed, TimeProvider.System).Compress(text).Coding);

        // Zeros shrink by br further than the service takes.
        Assert.Equal("gzip", compressor.Compress(new byte[8 << 20]).Coding);
        var random = ClientRig.Bytes(1 << 20);
        for (var chunk = 0; chunk < 20; chunk++)
            Assert.Null(compressor.Compress(random).Coding);
        Assert.Contains(Enumerable.Range(0, 20), _ => compressor.Compress(text.AsMemory(0, 1 << 20)).Coding is not null);
        compressor.Stop();
        Assert.Null(compressor.Compress(text).Coding);
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
