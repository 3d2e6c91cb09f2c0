using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Demo;

/// <summary>Uploads that go on and on, each over a slow link of its own that breaks now and then.</summary>
internal sealed class RunningUploads : IAsyncDisposable
{
    private const int Paused = 2;

    // Bytes per second, mean bytes between two breaks, milliseconds of delay, and the size of a file in MiB.
    private static readonly (long Rate, long Between, int Delay, int Size)[] Links =
    [
        (420_000, 40_000_000, 12, 230), (260_000, 6_000_000, 45, 96), (180_000, 3_500_000, 90, 64), (90_000, 1_400_000, 160, 40),
        (300_000, 80_000_000, 25, 310), (45_000, 900_000, 240, 18),
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
        for (var i = 0; i < Paused; i++)
        {
            using var client = _people[i].Through(_service);
            var waiting = await CreateAsync(client, $"archive-{2024 + i}.tar", 5L << 30, cancellationToken);
            using var paused = await client.PostAsync($"api/sessions/{waiting.Id}/pause", null, cancellationToken);
        }

        await Task.WhenAll(Links.Select((_, number) => RunAsync(number, cancellationToken)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();
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
        using var client = _people[number % _people.Count].Through(proxy.Address);
        for (var file = 1; !cancellationToken.IsCancellationRequested; file++)
        {
            try
            {
                var name = $"line-{(number + 1) * 10 + file}_sonar.xtf";
                var made = await CreateAsync(client, name, (long)link.Size << 20, cancellationToken);
                await SendAsync(client, proxy, link.Between, made, cancellationToken);
            }
            catch (Exception exception) when (IsBreak(exception, cancellationToken))
            {
                await Task.Delay(_rest, TimeProvider.System, cancellationToken);
            }
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
                using var request = new HttpRequestMessage(
                    HttpMethod.Put, $"api/sessions/{upload.Id}/chunks/{at.ToString(CultureInfo.InvariantCulture)}")
                {
                    Content = new ByteArrayContent(bytes, 0, length),
                };
                request.Headers.Add("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, length))));
                using var answer = await client.SendAsync(request, cancellationToken);
                // Another upload is begun where this one was cancelled in the console.
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

    private static async Task<(string Id, long Size, int Chunk)> CreateAsync(
        HttpClient client, string fileName, long size, CancellationToken cancellationToken)
    {
        using var answer = await client.PostAsJsonAsync("api/sessions", new { fileName, size }, cancellationToken);
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
