using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
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
            using var answer = await PutAsync(client, made.Id, at, bytes, 0, cancellationToken);
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
            if (!await SendAsync(client, proxy, between, (upload.Id, at), bytes.AsMemory(0, length), cancellationToken))
                return;
            at += length;
        }

        using var completed = await client.PostAsJsonAsync($"api/sessions/{upload.Id}/complete", new { }, cancellationToken);
    }

    /// <summary>Sends one chunk; after a break, it goes on behind the part that the service has kept, as browsers do.</summary>
    /// <returns>False if the upload has ended: it was cancelled in the console.</returns>
    private async Task<bool> SendAsync(
        HttpClient client, CutProxy proxy, long between, (string Upload, long Offset) at, ReadOnlyMemory<byte> chunk,
        CancellationToken cancellationToken)
    {
        for (var broke = false; ; broke = true)
        {
            try
            {
                var kept = broke ? await KeptAsync(client, at, cancellationToken) : 0;
                if (kept >= chunk.Length)
                    return true;
                var left = chunk.Length - kept;
                if (RandomNumberGenerator.GetInt32(100) < 100L * left / between)
                    proxy.CutAfter(RandomNumberGenerator.GetInt32(left));
                using var answer = await PutAsync(client, at.Upload, at.Offset, chunk, kept, cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return true;
                // 409: the kept part is another one than it was, so ask again. Where the upload has ended, that is answered with 404.
                if ((int)answer.StatusCode is 404 or 410)
                    return false;
            }
            catch (Exception exception) when (IsBreak(exception, cancellationToken))
            {
                // The next turn asks how much was kept.
            }

            if (broke && await HasEndedAsync(client, at.Upload, cancellationToken))
                return false;
            await Task.Delay(_rest, TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<int> KeptAsync(HttpClient client, (string Upload, long Offset) at, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, AddressOf(at.Upload, at.Offset));
        using var answer = await client.SendAsync(request, cancellationToken);
        return answer.IsSuccessStatusCode && answer.Headers.TryGetValues("Upload-Offset", out var kept)
            ? int.Parse(kept.First(), CultureInfo.InvariantCulture)
            : 0;
    }

    private static async Task<bool> HasEndedAsync(HttpClient client, string upload, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync($"api/sessions/{upload}", cancellationToken);
            if (!answer.IsSuccessStatusCode)
                return answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone;
            var session = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            return session.GetProperty("state").GetString() is not ("open" or "paused");
        }
        catch (Exception exception) when (IsBreak(exception, cancellationToken))
        {
            return false;
        }
    }

    private static string AddressOf(string upload, long offset) =>
        $"api/sessions/{upload}/chunks/{offset.ToString(CultureInfo.InvariantCulture)}";

    /// <param name="kept">Where in the chunk the request begins.</param>
    private static async Task<HttpResponseMessage> PutAsync(
        HttpClient client, string upload, long offset, ReadOnlyMemory<byte> chunk, int kept, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, AddressOf(upload, offset))
        {
            Content = new ReadOnlyMemoryContent(chunk[kept..]),
        };
        request.Headers.Add("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData(chunk.Span)));
        if (kept > 0)
            request.Content.Headers.ContentRange = new ContentRangeHeaderValue(offset + kept, offset + chunk.Length - 1);
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
