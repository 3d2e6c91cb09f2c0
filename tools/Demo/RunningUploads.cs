using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Demo;

/// <summary>Endless uploads, each over its own slow link, which breaks now and then.</summary>
internal sealed class RunningUploads : IAsyncDisposable
{
    private const string Folder = "Projects/Skagen/";

    // The share of a paused upload that has been received.
    private const double PausedAt = 0.34;

    // Path, MiB, and whether some of it has been received.
    private static readonly (string Path, int Size, bool Begun)[] Paused =
        [(Folder + "tile-0417_classified.laz", 12, true), ("Archive/archive-2025.tar", 5 << 10, false)];

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

    private readonly Uri _service;
    private readonly IReadOnlyList<Caller> _people;
    private readonly TimeSpan _rest;
    private readonly List<CutProxy> _proxies = [];

    /// <param name="rest">How long a client waits after a break.</param>
    public RunningUploads(Uri service, IReadOnlyList<Caller> people, TimeSpan rest) =>
        (_service, _people, _rest) = (service, people, rest);

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

    private async Task PauseAsync(Caller caller, (string Path, int Size, bool Begun) file, CancellationToken cancellationToken)
    {
        using var client = caller.Through(_service);
        var made = await CreateAsync(client, file.Path, (long)file.Size << 20, cancellationToken);
        var bytes = RandomNumberGenerator.GetBytes(made.Chunk);
        for (long at = 0; file.Begun && at < made.Size * PausedAt; at += bytes.Length)
        {
            using var answer = await PutAsync(client, made.Id, at, bytes, bytes.Length, cancellationToken);
            _ = answer.EnsureSuccessStatusCode();
        }

        using var paused = await client.PostAsync($"api/sessions/{made.Id}/pause", null, cancellationToken);
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
        using var client = person.Through(proxy.Address);
        using var direct = person.Through(_service);
        var former = "";
        for (var file = 1; !cancellationToken.IsCancellationRequested; file++)
        {
            try
            {
                var called = (link.First + file).ToString("D2", CultureInfo.InvariantCulture);
                var path = link.Path.Replace("#", called, StringComparison.Ordinal);
                var made = await CreateAsync(client, path, (long)link.Size << 20, cancellationToken);
                await SendAsync(client, proxy, link.Between, made, cancellationToken);
                if (former.Length > 0)
                    await RemoveAsync(direct, former, cancellationToken);
                former = path;
            }
            catch (Exception exception) when (IsBreak(exception, cancellationToken))
            {
                await Task.Delay(_rest, TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Deletes a file and its bytes: a demo that runs for days must not fill the disk.</summary>
    private static async Task RemoveAsync(HttpClient client, string path, CancellationToken cancellationToken)
    {
        using var deleted = await client.DeleteAsync($"api/tree/{path}", cancellationToken);
        var trash = await client.GetFromJsonAsync<JsonElement>("api/trash", cancellationToken);
        foreach (var item in trash.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("path").GetString() == path))
        {
            using var purged = await client.DeleteAsync($"api/trash/{item.GetProperty("id").GetString()}", cancellationToken);
        }
    }

    private async Task SendAsync(
        HttpClient client, CutProxy proxy, long between, (string Id, long Size, int Chunk) upload, CancellationToken cancellationToken)
    {
        var bytes = RandomNumberGenerator.GetBytes(upload.Chunk);
        for (long at = 0; at < upload.Size;)
        {
            var length = (int)Math.Min(bytes.Length, upload.Size - at);
            if (RandomNumberGenerator.GetInt32(100) < 100 * length / between)
                proxy.CutAfter(RandomNumberGenerator.GetInt32(length));
            try
            {
                using var answer = await PutAsync(client, upload.Id, at, bytes, length, cancellationToken);
                // The upload was cancelled in the console: the caller begins another one.
                if ((int)answer.StatusCode is 404 or 409 or 410)
                    return;
                if (answer.IsSuccessStatusCode)
                    at += length;
                else
                    await Task.Delay(_rest, TimeProvider.System, cancellationToken);
            }
            catch (Exception exception) when (IsBreak(exception, cancellationToken))
            {
                await Task.Delay(_rest, TimeProvider.System, cancellationToken);
            }
        }

        using var completed = await client.PostAsJsonAsync($"api/sessions/{upload.Id}/complete", new { }, cancellationToken);
    }

    private static async Task<HttpResponseMessage> PutAsync(
        HttpClient client, string upload, long at, byte[] bytes, int length, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Put, $"api/sessions/{upload}/chunks/{at.ToString(CultureInfo.InvariantCulture)}")
        {
            Content = new ByteArrayContent(bytes, 0, length),
        };
        request.Headers.Add("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, length))));
        return await client.SendAsync(request, cancellationToken);
    }

    private static async Task<(string Id, long Size, int Chunk)> CreateAsync(
        HttpClient client, string path, long size, CancellationToken cancellationToken)
    {
        using var answer = await client.PostAsJsonAsync("api/sessions", new { path, size }, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{(int)answer.StatusCode}");
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        var chunk = made.GetProperty("advice").GetProperty("chunkSize").GetInt64();
        return (made.GetProperty("id").GetString()!, size, (int)Math.Clamp(chunk, 256 << 10, 2 << 20));
    }

    private static bool IsBreak(Exception exception, CancellationToken cancellationToken) =>
        // An answer that is cut in its middle is no JSON.
        exception is HttpRequestException or IOException or JsonException
        || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested);
}
