using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>
/// The Upload page in Chromium: what arrives is compared by SHA-256, whatever happens to network, service, page and browser.
/// </summary>
public sealed class UploadPageTests : IClassFixture<PostgresFixture>, IDisposable
{
    private const int Length = 24_000_000;

    private readonly PostgresFixture _postgres;
    private readonly ConsoleRig _rig = new();

    public UploadPageTests(PostgresFixture postgres) => _postgres = postgres;

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task Sends_files_of_any_size_that_are_dropped_on_it()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        (string Path, byte[] Bytes)[] files =
        [
            _rig.File("film.mov", Length), _rig.File("notes.txt", 1000, 2), _rig.File("empty.dat", 0),
            _rig.File("übung 1 %.bin", 9 << 20, 3),
        ];
        using var browser = ConsoleRig.Start("send", service.Address, service.Key, [.. files.Select(file => file.Path)]);
        var (rows, requests) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(files.Length, rows.GetArrayLength());
        foreach (var (path, bytes) in files)
            await ConsoleRig.AssertContentAsync(service.Client, Path.GetFileName(path), bytes);
        // Only files larger than 8 MiB need a session.
        Assert.Equal(2, requests.Count(request => request == "POST /api/sessions"));
    }

    [ConsoleFact]
    public async Task Works_over_plain_http_and_says_what_is_missing()
    {
        var (large, film) = _rig.File("film.mov", Length);
        var (small, notes) = _rig.File("notes.txt", 1000, 2);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("plain", new Uri($"http://lan.example:{service.Address.Port}"), service.Key, large, small);
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", film);
        await ConsoleRig.AssertContentAsync(service.Client, "notes.txt", notes);
    }

    [ConsoleTheory]
    [InlineData("folder", "inbox")]
    [ReleaseData("dropFolder", "dropped")]
    public async Task Sends_a_folder_with_its_paths(string scenario, string target)
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        var (_, notes) = _rig.File("album/notes.txt", 5000);
        var (_, picture) = _rig.File("album/summer/beach.jpg", 300_000, 2);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, Path.Combine(_rig.Folder, "album"));
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, $"{target}/album/notes.txt", notes);
        await ConsoleRig.AssertContentAsync(service.Client, $"{target}/album/summer/beach.jpg", picture);
    }

    [ConsoleFact]
    public async Task Many_small_files_go_together_and_each_arrives_once_though_the_network_breaks()
    {
        const int Count = 150;
        await using var service = await TestService.StartAsync(_postgres);
        for (var i = 0; i < Count; i++)
            _rig.File($"album/{i % 3}/picture {i} ü.png", 8_000, i);
        await using var proxy = new CutProxy(service.Address, cuts: [400_000, 900_000]);
        using var browser = ConsoleRig.Start("manySmall", proxy.Address, service.Key, Path.Combine(_rig.Folder, "album"));
        var (packs, _) = await ConsoleRig.EndAsync(browser);
        Assert.InRange(packs.GetInt32(), 2, 12);
        Assert.Equal(2, proxy.Broken);
        var api = new ApiClient(service);
        for (var folder = 0; folder < 3; folder++)
        {
            var listed = (await api.GetAsync($"/api/tree/many/album/{folder}?format=json&limit=1000")).GetProperty("items");
            Assert.Equal(Count / 3, listed.GetArrayLength());
            foreach (var entry in listed.EnumerateArray())
            {
                var file = await api.GetAsync($"/api/files/{entry.GetProperty("fileId").GetString()}");
                Assert.Equal("image/png", file.GetProperty("contentType").GetString());
                Assert.Equal(1, entry.GetProperty("version").GetInt32());
            }
        }

        for (var i = 0; i < Count; i += 10)
            await ConsoleRig.AssertContentAsync(service.Client, $"many/album/{i % 3}/picture {i} ü.png", ApiClient.Bytes(8_000, i));
    }

    [ConsoleFact]
    public async Task A_large_file_goes_on_after_cuts_a_kill_of_the_service_and_a_reload()
    {
        var (path, bytes) = _rig.File("film.mov", 160 << 20);
        var first = await ServiceProcess.StartAsync();
        try
        {
            await using var proxy = new CutProxy(first.Address, cuts: [16_000_000, 42_000_000], stalls: [80_000_000, 130_000_000]);
            using var browser = ConsoleRig.Start("broken", proxy.Address, first.Key, path);
            await ConsoleRig.AtAsync(browser, "uploading", async () =>
            {
                await proxy.StalledAsync();
                await first.Kill9Async();
                proxy.CutHeld();
            });
            Assert.Equal("away", await browser.LineAsync());
            await using var second = await ServiceProcess.StartAsync(first.DataDirectory);
            proxy.Target = second.Address;
            await browser.GoOnAsync();
            await ConsoleRig.AtAsync(browser, "again", proxy.StalledAsync);
            await ConsoleRig.AtAsync(browser, "reloaded", () => { proxy.CutHeld(); return Task.CompletedTask; });
            var (_, requests) = await ConsoleRig.EndAsync(browser);
            Assert.Single(requests, request => request == "POST /api/sessions");
            Assert.Equal(4, proxy.Broken);
            // A broken connection costs at most the bytes in flight.
            Assert.InRange(proxy.Passed, bytes.Length, bytes.Length + (64 << 20));
            using var client = second.CreateClient();
            await ConsoleRig.AssertContentAsync(client, "film.mov", bytes);
        }
        finally
        {
            await first.DisposeAsync();
        }
    }

    [ConsoleFact]
    public async Task Every_figure_of_an_upload_that_broke_is_what_the_service_has()
    {
        var (path, bytes) = _rig.File("film.mov", Length);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await using var proxy = new CutProxy(service.Address, cuts: [2_000_000, 5_000_000, 9_000_000]) { Rate = 4_000_000 };
        using var browser = ConsoleRig.Start("figures", proxy.Address, service.Key, path);
        await ConsoleRig.AtAsync(browser, "cut", () => Eventually.HoldsAsync(() => Task.FromResult(proxy.Broken == 3)));
        var (result, _) = await ConsoleRig.EndAsync(browser);
        var session = result.GetProperty("session");
        var failures = session.GetProperty("failures");
        Assert.InRange(failures.GetProperty("count").GetInt64(), 1, long.MaxValue);
        // What came and was not kept is what came beyond the file itself.
        Assert.InRange(failures.GetProperty("lostBytes").GetInt64(), 0, proxy.Passed - bytes.Length);
        Assert.Contains(
            $"\"broke\":\"{failures.GetProperty("count").GetInt64()}\"", result.GetProperty("done").GetString(), StringComparison.Ordinal);
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }

    [ConsoleFact]
    public async Task Goes_on_after_the_page_was_loaded_again()
    {
        var (path, bytes) = _rig.File("film.mov", Length);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await using var proxy = new CutProxy(service.Address, stalls: [9_000_000]);
        using var browser = ConsoleRig.Start("reload", proxy.Address, service.Key, path);
        await ConsoleRig.AtAsync(browser, "uploading", proxy.StalledAsync);
        // Bytes that the previous page has sent must not arrive any more.
        await ConsoleRig.AtAsync(browser, "reloaded", () => { proxy.CutHeld(); return Task.CompletedTask; });
        var (_, requests) = await ConsoleRig.EndAsync(browser);
        Assert.Single(requests, request => request == "POST /api/sessions");
        Assert.True(proxy.Passed < 2 * Length, $"{proxy.Passed} bytes were sent");
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }

    [ConsoleTheory]
    [ReleaseData(Length, "kept")]
    [InlineData(40_000_000, "asked")]
    public async Task Goes_on_after_the_browser_was_started_again(int length, string how)
    {
        var (path, bytes) = _rig.File("film.mov", length);
        _rig.File("other.bin", length, seed: 9);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await using var proxy = new CutProxy(service.Address, stalls: [12_000_000]);
        using var browser = ConsoleRig.Start("restart", proxy.Address, service.Key, path);
        await ConsoleRig.AtAsync(browser, "uploading", async () =>
        {
            await proxy.StalledAsync();
            proxy.GoOn();
            proxy.CutAfter(1_000_000);
            await proxy.CutAsync();
        });
        await ConsoleRig.AtAsync(browser, how);
        var (_, requests) = await ConsoleRig.EndAsync(browser);
        Assert.Single(requests, request => request == "POST /api/sessions");
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }

    [ConsoleFact]
    public async Task Pauses_goes_on_and_cancels()
    {
        var (kept, bytes) = _rig.File("kept.mov", Length);
        var (cancelled, _) = _rig.File("cancelled.mov", Length, 2);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await using var proxy = new CutProxy(service.Address) { Rate = 4_000_000 };
        using var browser = ConsoleRig.Start("pause", proxy.Address, service.Key, kept, cancelled);
        var api = new ApiClient(service);
        await ConsoleRig.AtAsync(browser, "paused");
        await ConsoleRig.AtAsync(browser, "cancelled", async () =>
        {
            var paused = Assert.Single((await api.GetAsync("/api/sessions?state=paused")).GetProperty("items").EnumerateArray());
            Assert.Equal("kept.mov", paused.GetProperty("fileName").GetString());
            proxy.Rate = 0;
        });
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, "kept.mov", bytes);
        Assert.Empty((await api.GetAsync("/api/sessions?state=open,paused")).GetProperty("items").EnumerateArray());
        Assert.Equal(1, (await api.GetAsync("/api/tree/?format=json")).GetProperty("items").GetArrayLength());
    }

    [ConsoleFact]
    public async Task Goes_on_when_the_browser_is_online_again()
    {
        var (path, bytes) = _rig.File("film.mov", Length);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await using var proxy = new CutProxy(service.Address, stalls: [9_000_000]);
        using var browser = ConsoleRig.Start("offline", proxy.Address, service.Key, path);
        await ConsoleRig.AtAsync(browser, "uploading", proxy.StalledAsync);
        // The browser only believes that it is offline.
        await ConsoleRig.AtAsync(browser, "offline", () => { proxy.CutHeld(); return Task.CompletedTask; });
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }

    [ConsoleFact]
    public async Task A_second_tab_shows_the_upload_and_goes_on_when_the_first_is_closed()
    {
        var (path, bytes) = _rig.File("film.mov", Length);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        await using var proxy = new CutProxy(service.Address, stalls: [9_000_000]) { Rate = 4_000_000 };
        using var browser = ConsoleRig.Start("tabs", proxy.Address, service.Key, path);
        await ConsoleRig.AtAsync(browser, "uploading", proxy.StalledAsync);
        await ConsoleRig.AtAsync(browser, "second");
        await ConsoleRig.AtAsync(browser, "alone", () =>
        {
            proxy.Rate = 0;
            proxy.CutHeld();
            return Task.CompletedTask;
        });
        var (_, requests) = await ConsoleRig.EndAsync(browser);
        Assert.Single(requests, request => request == "POST /api/sessions");
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }

    [ConsoleTheory]
    [ReleaseData("taken")]
    [InlineData("takenByPhone")]
    public async Task Asks_what_to_do_with_a_name_that_is_taken(string scenario)
    {
        var (path, bytes) = _rig.File("film.mov", 50_000);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, path);
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
        await ConsoleRig.AssertContentAsync(service.Client, "film (2).mov", bytes);
        var api = new ApiClient(service);
        Assert.Equal(2, (await api.GetAsync("/api/tree/film.mov?format=json")).GetProperty("version").GetInt32());
    }

    [ConsoleFact]
    public async Task Takes_an_answer_for_each_name_that_is_taken_in_another_space()
    {
        var (first, _) = _rig.File("clip.mov", 40_000);
        var (second, _) = _rig.File("film.mov", 50_000, seed: 2);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        var api = new ApiClient(service);
        using var made = await service.Client.PostAsJsonAsync(ApiClient.At("/api/spaces"), new { name = "Team" });
        var space = ApiClient.Id(await ApiClient.JsonAsync(made, HttpStatusCode.Created));
        using var browser = ConsoleRig.Start("takenEach", service.Address, service.Key, space, first, second);
        await ConsoleRig.EndAsync(browser);
        var items = (await api.GetAsync($"/api/spaces/{space}/tree/?format=json")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["clip.mov", "film.mov"], items.Select(item => item.GetProperty("name").GetString()));
        Assert.Equal([2, 1], items.Select(item => item.GetProperty("version").GetInt32()));
    }

    [ConsoleFact]
    public async Task Needs_no_mouse()
    {
        var (path, bytes) = _rig.File("film.mov", 50_000);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("keyboard", service.Address, service.Key, path);
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }
}
