using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>
/// Uploads in Chromium that go on while a person does something else, and finding things in all spaces and folders.
/// </summary>
public sealed class GoingTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly ConsoleRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task An_upload_is_seen_on_other_screens_and_tabs_and_its_end_is_told()
    {
        var (path, bytes) = _rig.File("film.mov", 24_000_000);
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await using var proxy = new CutProxy(service.Address) { Rate = 100_000 };
        using var browser = ConsoleRig.Start("elsewhere", proxy.Address, service.Key, path);
        await ConsoleRig.AtAsync(browser, "looking away", () => { proxy.Rate = 0; return Task.CompletedTask; });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.False(result.GetProperty("here").GetBoolean());
        Assert.Matches(@"^Uploads under way: \d+\s%, .+\sof\s.+ safe$", result.GetProperty("words").GetString()!);
        Assert.Equal(0, result.GetProperty("asked").GetInt32());
        Assert.Equal("The upload is done", Assert.Single(result.GetProperty("told").EnumerateArray()).GetString());
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }

    [ConsoleFact]
    public async Task Signing_out_asks_pauses_uploads_first_and_keeps_their_rows()
    {
        var (path, bytes) = _rig.File("film.mov", 24_000_000);
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await using var proxy = new CutProxy(service.Address) { Rate = 100_000 };
        using var browser = ConsoleRig.Start("signOut", proxy.Address, service.Key, path);
        var api = new ApiClient(service);
        await ConsoleRig.AtAsync(browser, "out", async () =>
        {
            var paused = Assert.Single((await api.GetAsync("/api/sessions?state=open,paused")).GetProperty("items").EnumerateArray());
            Assert.Equal("paused", paused.GetProperty("state").GetString());
            proxy.Rate = 0;
        });
        await ConsoleRig.AtAsync(browser, "back");
        var (result, requests) = await ConsoleRig.EndAsync(browser);
        Assert.Single(requests, request => request == "POST /api/sessions");
        foreach (var (state, word) in (ValueTuple<string, string>[])[("running", "Uploading"), ("paused", "Paused")])
        {
            Assert.All(
                result.GetProperty(state).EnumerateArray(),
                shown => Assert.StartsWith(word, shown.GetString(), StringComparison.Ordinal));
        }

        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }

    [ConsoleFact]
    public async Task A_limit_of_the_speed_holds_also_after_a_reload()
    {
        var (small, _) = _rig.File("small.bin", 1000);
        var (large, bytes) = _rig.File("large.bin", 2_500_000, 2);
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("slowly", service.Address, service.Key, small, large);
        var (result, requests) = await ConsoleRig.EndAsync(browser);
        // Two seconds' worth may come at once.
        Assert.InRange(result.GetProperty("seconds").GetDouble(), (2_500_000 / (256.0 * 1024)) - 3, double.MaxValue);
        Assert.InRange(requests.Count(request => request.StartsWith("PUT /api/sessions/", StringComparison.Ordinal)), 5, int.MaxValue);
        await ConsoleRig.AssertContentAsync(service.Client, "large.bin", bytes);
    }

    [ConsoleFact]
    public async Task The_installed_page_takes_what_another_app_shares_once_a_person_says_so()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("givenByAnother", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("application/manifest+json", result.GetProperty("type").GetString());
        Assert.All(result.GetProperty("found").EnumerateArray(), status => Assert.Equal(200, status.GetInt32()));
        await ConsoleRig.AssertContentAsync(service.Client, "wanted.txt", "content of wanted.txt"u8.ToArray());
        using var unwanted = await service.Client.GetAsync(ApiClient.At("/api/tree/unwanted.txt"));
        Assert.Equal(HttpStatusCode.NotFound, unwanted.StatusCode);
    }

    [ConsoleTheory]
    [ReleaseData("find")]
    [InlineData("findByPhone")]
    public async Task Things_are_found_in_all_spaces_by_kind_and_time_and_a_folder_tells_what_it_holds(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var made = await service.Client.PostAsJsonAsync(ApiClient.At("/api/spaces"), new { name = "Maps" });
        var maps = ApiClient.Id(await ApiClient.JsonAsync(made, HttpStatusCode.Created));
        await PutAsync(service, "/api/tree/inner/tide.txt");
        await PutAsync(service, "/api/tree/inner/deep/tide table.csv");
        await PutAsync(service, "/api/tree/other/old tide.jpg", "2001-02-03T04:05:06Z");
        await PutAsync(service, "/api/tree/other/hay.txt");
        await PutAsync(service, $"/api/spaces/{maps}/tree/chart/tide.png");
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal((1, 0), (result.GetProperty("places").GetInt32(), result.GetProperty("offered").GetInt32()));
        Assert.Equal(
            ["old tide.jpg", "tide.png"], result.GetProperty("pictures").EnumerateArray().Select(name => name.GetString()!).Order());
        Assert.Equal("1 folder, 2 files, 10\u00A0B", result.GetProperty("holds").GetString());
        Assert.Equal(
            ["tide table.csv", "tide.txt"], result.GetProperty("last").EnumerateArray().Select(name => name.GetString()!).Order());
    }

    private static async Task PutAsync(TestService service, string path, string? modified = null)
    {
        var address = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        using var request = new HttpRequestMessage(HttpMethod.Put, ApiClient.At($"{address}?parents=true"))
        {
            Content = new StringContent("hello"),
        };
        if (modified is not null)
        {
            var time = DateTimeOffset.Parse(modified, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds();
            request.Headers.Add("X-OC-Mtime", time.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        using var answer = await service.Client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
