using System.Collections.Concurrent;
using System.Net;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The network path changes during a transfer: requests that hang on old connections resume over new ones.</summary>
[Collection(ClientCollection.Name)]
public sealed class HandoverTests(ApiFixture fixture) : IDisposable
{
    private const int Length = 12 << 20;

    private const string Silent = "The connection went silent.";

    private readonly ConcurrentQueue<string> _log = new();
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"handover-{Guid.NewGuid():n}.bin";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task An_upload_leaves_a_connection_that_went_silent()
    {
        var file = _rig.File("film.bin", Length);
        await using var proxy = new CutProxy(_service.Address, stalls: [4 << 20]);
        using var client = Client(proxy.Address);
        var done = await client.UploadFileAsync(file, new() { Path = _place });
        Assert.Contains(_log, line => line.Contains(Silent, StringComparison.Ordinal));
        Assert.True(done.Retries > 0);
        Assert.Equal(ClientRig.Bytes(Length), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}"));
    }

    [Fact]
    public async Task A_download_leaves_a_connection_that_went_silent()
    {
        using (var put = await _service.Client.PutAsync($"/api/tree/{_place}", new ByteArrayContent(ClientRig.Bytes(Length))))
            Assert.True(put.IsSuccessStatusCode);
        await using var proxy = new CutProxy(_service.Address) { SilentAfter = 3 << 20 };
        using var client = Client(proxy.Address);
        _ = await client.DownloadFileAsync(_place, _rig.At("copy.bin"));
        Assert.Contains(_log, line => line.Contains(Silent, StringComparison.Ordinal));
        Assert.Equal(ClientRig.Bytes(Length), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
    }

    [Fact]
    public async Task Connections_from_an_address_that_is_gone_are_closed_and_their_chunks_go_on()
    {
        var file = _rig.File("film.bin", Length);
        await using var proxy = new CutProxy(_service.Address) { Rate = 4 << 20 };
        using var client = Client(proxy.Address);
        var sending = client.UploadFileAsync(file, new() { Path = _place });
        await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= 3 << 20 || sending.IsCompleted));
        client.Own!.CloseGone(IPAddress.IsLoopback);
        Assert.Empty(_log);
        client.Own.CloseGone(_ => false);
        proxy.Rate = 0;
        var done = await sending;
        Assert.True(done.Retries > 0);
        Assert.Contains(_log, line => line.Contains("The connection broke.", StringComparison.Ordinal));
        Assert.Equal(ClientRig.Bytes(Length), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}"));
    }

    private ChunkUploadClient Client(Uri service)
    {
        var options = new ChunkUploadClientOptions
        {
            Service = service,
            Key = _service.Key,
            StateDirectory = _rig.States,
            NearFile = long.MaxValue,
        };
        return new ChunkUploadClient(options, log: new Warnings(_log));
    }

    /// <summary>The log messages of retries.</summary>
    private sealed class Warnings(ConcurrentQueue<string> lines) : ILogger<ChunkUploadClient>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception) is var line && line.Contains("Trying again", StringComparison.Ordinal))
                lines.Enqueue(line);
        }
    }
}
