using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Xunit.Abstractions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>
/// cu and the service are killed at random points, again and again, and the same command goes on. The file arrives whole, and what the
/// service has kept is never sent again. CHUNKUPLOAD_CLIENT_KILLS says how many kills; ./tools/check --all takes 200.
/// </summary>
[Trait("Runs", "release")]
public sealed class KillTests(ITestOutputHelper figures) : IAsyncLifetime, IDisposable
{
    private const int Length = 12 << 20;
    private const int Rate = 6 << 20;

    // The last of them is one of cu.
    private const int KillsOfAFile = 5;

    // Heads of requests, answers and what a chunk costs beside its bytes.
    private const int Overhead = 256 << 10;

    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("CHUNKUPLOAD_CLIENT_KILLS") ?? "20", CultureInfo.InvariantCulture);

    private readonly ClientRig _rig = new();
    private readonly string _data = ServiceFolder.Create();
    private readonly Random _random = new(43);
    private ServiceProcess _service = null!;

    public async Task InitializeAsync() => _service = await ServiceProcess.StartAsync(_data);

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await ServiceProcess.StopOrphanedDatabaseAsync(_data);
        ServiceFolder.Remove(_data);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task The_same_command_goes_on_after_kills_of_either_side()
    {
        await using var proxy = new CutProxy(_service.Address) { RunsOnTheWay = 4 };
        for (var (file, kills) = (0, 0); kills < Kills; file++)
        {
            _ = _rig.File("film.bin", Length, file);
            var name = $"film-{file}.bin";
            proxy.Rate = Rate;
            var (before, cu) = (proxy.Passed, Start(proxy, name));
            try
            {
                for (var kill = 1; kill <= KillsOfAFile; kill++, kills++)
                {
                    var after = proxy.Passed + _random.Next(Length / 4);
                    await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= after || cu.HasExited));
                    if (kill < KillsOfAFile && _random.Next(2) == 0)
                    {
                        await KillServiceAsync(proxy);
                        continue;
                    }

                    cu.Kill();
                    await cu.WaitForExitAsync();
                    if (kill == KillsOfAFile)
                        break;
                    cu.Dispose();
                    cu = Start(proxy, name);
                }
            }
            finally
            {
                cu.Dispose();
            }

            proxy.Rate = 0;
            var (kept, passed) = (await KeptAsync(), proxy.Passed);
            var (code, output, errors) = await _rig.RunCuAsync(
                proxy.Address, _service.KeyFile, "up", "film.bin", "--to", name, "--json");
            Assert.True(code == 0, output + errors);
            var sent = proxy.Passed - passed;
            figures.WriteLine(
                $"{name}: {passed - before} bytes before the last kill, {kept} of {Length} kept, {sent} sent after it");
            Assert.True(sent <= Length - kept + Overhead, $"{kept} of {Length} bytes were kept, and {sent} were sent.");
            using var http = _service.CreateClient();
            Assert.Equal(ClientRig.Bytes(Length, file), await http.GetByteArrayAsync($"/api/tree/{name}"));
        }
    }

    private Process Start(CutProxy proxy, string name) =>
        _rig.Cu(proxy.Address, _service.KeyFile, "up", "film.bin", "--to", name, "--json");

    private async Task KillServiceAsync(CutProxy proxy)
    {
        await _service.Kill9Async();
        await _service.DisposeAsync();
        _service = await ServiceProcess.StartAsync(_data);
        proxy.Target = _service.Address;
    }

    /// <summary>Returns the bytes at the service of the upload in the client's state: chunks, and prefixes of interrupted ones.</summary>
    private async Task<long> KeptAsync()
    {
        var states = Directory.GetFiles(Path.Combine(_rig.States, "transfers"), "*.json");
        if (states.Length == 0)
            return Length;
        using var state = JsonDocument.Parse(await File.ReadAllBytesAsync(Assert.Single(states)));
        if (!state.RootElement.TryGetProperty("session", out var id) || id.ValueKind == JsonValueKind.Null)
            return 0;
        using var http = _service.CreateClient();
        // The service may still be reading what came of the last requests.
        long kept = -1;
        await Eventually.HoldsAsync(async () =>
        {
            var known = kept;
            kept = await http.GetFromJsonAsync<JsonElement>($"/api/sessions/{id}") is var session
                && session.GetProperty("state").GetString() != "open" ? Length : session.GetProperty("receivedBytes").GetInt64();
            foreach (var range in state.RootElement.GetProperty("begun").EnumerateArray())
            {
                using var head = await http.SendAsync(new HttpRequestMessage(
                    HttpMethod.Head, $"/api/sessions/{id}/chunks/{range.GetProperty("offset").GetInt64()}"));
                if (!head.IsSuccessStatusCode || !head.Headers.TryGetValues("Upload-Offset", out var offset))
                    continue;
                var part = long.Parse(offset.First(), CultureInfo.InvariantCulture);
                // A whole chunk is counted already.
                kept += part < range.GetProperty("length").GetInt64() ? part : 0;
            }

            return kept == known;
        });
        return Math.Min(kept, Length);
    }
}
