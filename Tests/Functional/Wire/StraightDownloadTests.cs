using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Storage;

namespace ChunkUpload.Tests.Functional.Wire;

/// <summary>Downloads go from file to socket by sendfile where possible, and have the same bytes where not.</summary>
public sealed class StraightDownloadTests : IClassFixture<PostgresFixture>
{
    private const int Size = (3 << 20) + 777;

    private static readonly byte[] Bytes = TusClient.Bytes(Size);

    private readonly PostgresFixture _postgres;

    private readonly FaultySyscalls _calls = new();

    // How many bytes of a range are cached; all of them by default.
    private long _cached = 1 << 20;

    public StraightDownloadTests(PostgresFixture postgres)
    {
        _postgres = postgres;
        _calls.Answer = Cached;
    }

    [Fact]
    public async Task Bytes_after_the_first_go_straight_to_the_socket_and_the_connection_stays_usable()
    {
        await using var service = await StartAsync();
        var path = await UploadAsync(service);
        using var connection = await RawConnection.OpenAsync(service.Address);
        foreach (var (from, to) in new[] { (0, Size - 1), (1, Size - 1), (100_001, 2_000_000), (Size - 10, Size - 1), (5, 200_000) })
        {
            _calls.Seen.Clear();
            await connection.SendAsync(string.Create(
                CultureInfo.InvariantCulture,
                    $"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.Key}\r\nRange: bytes={from}-{to}\r\n\r\n"));
            var answer = await connection.ReadAnswerAsync();
            Assert.StartsWith("HTTP/1.1 206 ", answer, StringComparison.Ordinal);
            Assert.True(Encoding.Latin1.GetBytes(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]).AsSpan()
                .SequenceEqual(Bytes.AsSpan(from, to - from + 1)));
            Assert.Equal(to - from > 64 << 10, _calls.Count(nameof(ISyscalls.SendFile)) > 0);
        }
    }

    [Fact]
    public async Task Several_ranges_have_their_frame_around_them()
    {
        await using var service = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, ApiClient.At(await UploadAsync(service)))
        {
            Headers = { Range = new RangeHeaderValue { Ranges = { new(0, 299_999), new(700_000, 1_400_000) } } },
        };
        using var answer = await service.Client.SendAsync(request);

        var body = Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(answer.Content.Headers.ContentLength, body.Length);
        var parts = body.Split(
            "\r\n--" + answer.Content.Headers.ContentType!.Parameters.Single(parameter => parameter.Name == "boundary").Value!.Trim('"'));
        string Part(int start, int end) => Encoding.Latin1.GetString(Bytes, start, end - start);
        Assert.EndsWith(Part(0, 300_000), parts[0], StringComparison.Ordinal);
        Assert.EndsWith(Part(700_000, 1_400_001), parts[1], StringComparison.Ordinal);
        Assert.NotEqual(0, _calls.Count(nameof(ISyscalls.SendFile)));
    }

    [Theory]
    [InlineData(-Errno.Invalid)]
    [InlineData(-Errno.NoSuchCall)]
    [InlineData(-Errno.WouldBlock)]
    [InlineData(-Errno.InputOutput)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4097)]
    public async Task Bytes_are_the_same_whatever_the_call_returns(long answer)
    {
        await using var service = await StartAsync();
        var path = await UploadAsync(service);
        var turns = 0;
        // Now and then the call succeeds, so that both paths alternate.
        _calls.Answer = call => call.Name == nameof(ISyscalls.SendFile) && Interlocked.Increment(ref turns) % 3 != 0
            ? answer
            : Cached(call);

        Assert.True((await service.Client.GetByteArrayAsync(ApiClient.At(path))).AsSpan().SequenceEqual(Bytes));
        Assert.NotEqual(0, turns);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_takes_little_at_a_time_gets_all(bool cached)
    {
        _cached = cached ? 1 << 20 : 0;
        await using var service = await StartAsync();
        var path = await UploadAsync(service);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 << 10 };
        await socket.ConnectAsync(service.Address.Host, service.Address.Port);
        _ = await socket.SendAsync(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {service.Key}\r\n\r\n"));
        using var received = new MemoryStream();
        var part = new byte[30_000];
        while (await socket.ReceiveAsync(part).WaitAsync(Eventually.Limit) is > 0 and var read)
        {
            received.Write(part, 0, read);
            await Task.Yield();
        }

        Assert.True(received.ToArray().AsSpan()[^Size..].SequenceEqual(Bytes));
    }

    [Theory]
    [InlineData(true, "1.1", true)]
    [InlineData(true, "1.1", false)]
    [InlineData(true, "2.0", true)]
    [InlineData(true, "2.0", false)]
    [InlineData(false, "2.0", true)]
    [InlineData(false, "2.0", false)]
    public async Task Encrypted_or_framed_responses_do_not_use_sendfile(bool tls, string version, bool cached)
    {
        _cached = cached ? 1 << 20 : 0;
        using var certificate = new TestCertificate();
        var settings = certificate.Settings.ToDictionary(pair => pair.Key, pair => pair.Value);
        settings[version == "1.1" ? "Host:Http1Urls" : "Host:Http2Urls"] = tls ? "https://127.0.0.1:0" : "http://127.0.0.1:0";
        await using var service = await StartAsync(settings);
        var path = await UploadAsync(service);
        var address = new Uri(service.Addresses.Single(url => url != service.Address.OriginalString.TrimEnd('/')));
        using var client = certificate.CreateClient(address, service.Key, Version.Parse(version));

        Assert.True((await client.GetByteArrayAsync(ApiClient.At(path))).AsSpan().SequenceEqual(Bytes));
        Assert.Equal(0, _calls.Count(nameof(ISyscalls.SendFile)));
    }

    [Fact]
    public async Task Uncached_bytes_are_read_directly_once()
    {
        _cached = 0;
        await using var service = await StartAsync();
        var path = await UploadAsync(service);
        foreach (var past in new[] { true, false })
        {
            _calls.Seen.Clear();
            Assert.True((await service.Client.GetByteArrayAsync(ApiClient.At(path))).AsSpan().SequenceEqual(Bytes));
            Assert.Equal(past, _calls.Count(nameof(ISyscalls.Pread)) > 0);
            Assert.Equal(past, _calls.Count(nameof(ISyscalls.SendFile)) == 0);
        }
    }

    [Theory]
    [InlineData("Storage:DirectWrites", "false")]
    [InlineData("Storage:Durability", "Relaxed")]
    public async Task Direct_reads_are_not_used_when_a_setting_turns_them_off(string setting, string value)
    {
        _cached = 0;
        await using var service = await StartAsync(new() { [setting] = value });
        var path = await UploadAsync(service);

        Assert.True((await service.Client.GetByteArrayAsync(ApiClient.At(path))).AsSpan().SequenceEqual(Bytes));
        Assert.DoesNotContain(_calls.Seen, call => call is { Name: nameof(ISyscalls.Pread), Length: >= 128 << 10 });
    }

    [Theory]
    [InlineData(nameof(ISyscalls.Pread), Errno.Invalid)]
    [InlineData(nameof(ISyscalls.Pread), Errno.InputOutput)]
    [InlineData(nameof(ISyscalls.SetDirect), Errno.Invalid)]
    [InlineData(nameof(ISyscalls.CachedPages), Errno.NoSuchCall)]
    public async Task Failed_direct_read_falls_back_to_the_page_cache(string name, int error)
    {
        _cached = 0;
        await using var service = await StartAsync();
        var path = await UploadAsync(service);
        var turns = 0;
        // The first read succeeds.
        var from = name == nameof(ISyscalls.Pread) ? 2 : 1;
        _calls.Answer = call => call.Name == name && call.Length > 0 && Interlocked.Increment(ref turns) >= from ? -error : Cached(call);

        for (var turn = 0; turn < 2; turn++)
            Assert.True((await service.Client.GetByteArrayAsync(ApiClient.At(path))).AsSpan().SequenceEqual(Bytes));
        Assert.True(turns >= from);
    }

    [Fact]
    public async Task Many_at_once_get_what_they_ask_for_and_one_that_is_deleted_is_sent_to_its_end_or_cut()
    {
        _cached = 0;
        await using var service = await StartAsync();
        var path = await UploadAsync(service);
        var begun = 0;
        var deletion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var downloads = Enumerable.Range(0, 16).Select(async number =>
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, ApiClient.At(path))
            { Headers = { Range = new(number * 10_007, Size - 1 - number) } };
            using var answer = await service.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (Interlocked.Increment(ref begun) == 16)
                deletion.SetResult();
            try
            {
                var bytes = await answer.Content.ReadAsByteArrayAsync();
                Assert.True(bytes.AsSpan().SequenceEqual(Bytes.AsSpan(number * 10_007, Size - number - (number * 10_007))));
            }
            catch (HttpRequestException)
            {
                // The connection was broken.
            }
        }).ToArray();
        await deletion.Task.WaitAsync(Eventually.Limit);
        using var deleted = await service.Client.DeleteAsync(ApiClient.At(path[..path.LastIndexOf('/')]));

        await Task.WhenAll(downloads).WaitAsync(Eventually.Limit);
        Assert.True(deleted.IsSuccessStatusCode);
        Assert.NotEqual(0, _calls.Count(nameof(ISyscalls.Pread)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_too_short_ends_the_connection_and_is_damaged_from_then_on(bool cached)
    {
        _cached = cached ? 1 << 20 : 0;
        await using var service = await StartAsync();
        var path = await UploadAsync(service);
        var file = Directory.EnumerateFiles(Path.Combine(service.DataDirectory, "files"), "*", SearchOption.AllDirectories)
            .Single(name => new FileInfo(name).Length == Size);
        using (var handle = File.OpenWrite(file))
            handle.SetLength(1_000_000);

        _ = await Assert.ThrowsAsync<HttpRequestException>(() => service.Client.GetByteArrayAsync(ApiClient.At(path)));
        using var again = await service.Client.GetAsync(ApiClient.At(path));
        Assert.Equal(HttpStatusCode.Gone, again.StatusCode);
    }

    private Task<TestService> StartAsync(Dictionary<string, string>? settings = null) =>
        TestService.StartAsync(_postgres, settings, FaultyStore.With(_calls));

    private long? Cached(Syscall call) => call.Name == nameof(ISyscalls.CachedPages) ? _cached : null;

    private static async Task<string> UploadAsync(TestService service)
    {
        using var body = new ByteArrayContent(Bytes);
        using var put = await service.Client.PutAsync(ApiClient.At("/api/files/film.bin"), body);
        return $"{put.Headers.Location!.OriginalString}/content";
    }
}
