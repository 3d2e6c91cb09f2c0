using System.Globalization;
using System.Security.Cryptography;
using ChunkUpload.Client;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Demo;

/// <summary>Endless uploads, each over its own slow link, which breaks now and then.</summary>
internal sealed class RunningUploads : IAsyncDisposable
{
    private const string Folder = "Projects/Skagen/";

    // Path, MiB, and how many of them have been received.
    private static readonly (string Path, int Size, int Received)[] Paused =
        [(Folder + "tile-0417_classified.laz", 12, 4), ("Archive/archive-2025.tar", 5 << 10, 0)];

    // Bytes per second, mean bytes between two breaks, milliseconds of delay, the size of a file in MiB, and how files are called: the
    // hash stands for a number, which begins after the last value.
    private static readonly (long Rate, long Between, int Delay, int Size, string Path, int First)[] Links =
    [
        (420_000, 40_000_000, 12, 230, Folder + "harbour-north_2026-11-21_dji0#.mov", 416),
        (260_000, 6_000_000, 45, 96, "Backups/pg-nightly-2026-11-#.dump.zst", 21),
        (180_000, 3_500_000, 90, 64, "Projects/Anholt/line-#_sonar.xtf", 30),
        (90_000, 1_400_000, 160, 40, "Projects/Anholt/tile-0#_ground.laz", 517),
        (300_000, 80_000_000, 25, 310, "Deliveries/dive-#_deck-camera.mov", 11),
        (45_000, 900_000, 240, 18, "Deliveries/site-photos_2026-11-#.zip", 18),
    ];

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly Uri _service;
    private readonly IReadOnlyList<Caller> _people;
    private readonly List<CutProxy> _proxies = [];

    public RunningUploads(Uri service, IReadOnlyList<Caller> people) => (_service, _people) = (service, people);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < Paused.Length; i++)
            await PauseAsync(_people[i], Paused[i], cancellationToken);
        await Task.WhenAll(Links.Select((_, number) => RunAsync(number, cancellationToken)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();
    }

    private static async Task PauseAsync(Caller caller, (string Path, int Size, int Received) file, CancellationToken cancellationToken)
    {
        var made = await caller.PostAsync("api/sessions", new { path = file.Path, size = (long)file.Size << 20 }, cancellationToken);
        var session = $"api/sessions/{made.GetProperty("id").GetString()}";
        if (file.Received > 0)
        {
            var bytes = RandomNumberGenerator.GetBytes(file.Received << 20);
            using var chunk = new ByteArrayContent(bytes);
            chunk.Headers.Add("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData(bytes)));
            _ = await caller.SendAsync(HttpMethod.Put, $"{session}/chunks/0", chunk, cancellationToken);
        }

        _ = await caller.PostAsync($"{session}/pause", null, cancellationToken);
    }

    /// <summary>One file after the other over one link.</summary>
    private async Task RunAsync(int number, CancellationToken cancellationToken)
    {
        var link = Links[number];
        var proxy = new CutProxy(_service)
        {
            Rate = link.Rate,
            Latency = TimeSpan.FromMilliseconds(link.Delay),
            RunsOnTheWay = 4,
            SendBufferSize = 64 << 10,
        };
        lock (_proxies)
            _proxies.Add(proxy);
        var person = _people[number % _people.Count];
        using var http = person.Connections();
        using var client = new ChunkUploadClient(
            new() { Service = proxy.Address, Key = person.Key, Product = person.Program, MaxConnections = 1 }, http);
        var breaks = new Breaks(proxy, link.Between);
        var former = "";
        for (var file = 1; !cancellationToken.IsCancellationRequested; file++)
        {
            try
            {
                var called = (link.First + file).ToString("D2", CultureInfo.InvariantCulture);
                var path = link.Path.Replace("#", called, StringComparison.Ordinal);
                using var content = new RandomContent((long)link.Size << 20);
                _ = await client.UploadAsync(content, new() { Path = path }, breaks, cancellationToken);
                (var old, former) = (former, path);
                if (old.Length > 0)
                    await RemoveAsync(_people[0], old, cancellationToken);
            }
            catch (Exception exception) when (exception is TransferException or DemoException or HttpRequestException)
            {
                // Somebody has cancelled the upload in the console, or deleted the file.
                await Task.Delay(Rest, TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Deletes a file and its bytes: a demo that runs for days must not fill the disk. Not everybody may.</summary>
    private static async Task RemoveAsync(Caller person, string path, CancellationToken cancellationToken)
    {
        _ = await person.SendAsync(HttpMethod.Delete, $"api/tree/{path}", null, cancellationToken);
        var trash = await person.SendAsync(HttpMethod.Get, "api/trash", null, cancellationToken);
        foreach (var item in trash.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("path").GetString() == path))
            _ = await person.SendAsync(HttpMethod.Delete, $"api/trash/{item.GetProperty("id").GetString()}", null, cancellationToken);
    }

    /// <summary>After each break, the next one is planned.</summary>
    private sealed class Breaks(CutProxy proxy, long between) : IProgress<TransferProgress>
    {
        private int _planned;

        public void Report(TransferProgress value)
        {
            if (proxy.Broken < _planned)
                return;
            _planned = proxy.Broken + 1;
            proxy.CutAfter(RandomNumberGenerator.GetInt32((int)(2 * between)));
        }
    }

    /// <summary>Random bytes that are not stored.</summary>
    private sealed class RandomContent(long length) : MemoryStream
    {
        private long _left = length;

        public override long Length { get; } = length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer = buffer[..(int)Math.Min(buffer.Length, _left)];
            RandomNumberGenerator.Fill(buffer.Span);
            _left -= buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
