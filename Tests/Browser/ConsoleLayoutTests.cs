using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>
/// Each page of the console in both themes, wide and 360 pixels wide: nothing overflows, axe finds nothing serious, nothing is loaded from
/// elsewhere, and the policy refuses nothing.
/// </summary>
public sealed class ConsoleLayoutTests : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly PostgresFixture _postgres;
    private readonly ConsoleRig _rig = new();

    public ConsoleLayoutTests(PostgresFixture postgres) => _postgres = postgres;

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public Task Every_page_fits_and_is_accessible() => LookAsync("lookWideLight");

    [ConsoleFact]
    public Task Every_page_fits_and_is_accessible_on_a_phone() => LookAsync("lookNarrowDark");

    [ConsoleTheory]
    [Trait("Runs", "release")]
    [InlineData("lookWideDark")]
    [InlineData("lookNarrowLight")]
    public Task Every_page_fits_and_is_accessible_in_the_other_theme(string scenario) => LookAsync(scenario);

    [ConsoleFact]
    [Trait("Runs", "release")]
    public Task Nothing_overlaps_or_is_cut_off_in_dialogs_panels_and_menus_of_a_phone() => OpenLayersAsync("layersNarrow");

    [ConsoleFact]
    [Trait("Runs", "release")]
    public Task Nothing_overlaps_or_is_cut_off_in_dialogs_panels_and_menus() => OpenLayersAsync("layersWide");

    private async Task LookAsync(string scenario)
    {
        var (path, _) = _rig.File("holiday-in-a-place-with-a-very-long-name_2026-11-21_0417.mov", 40_000);
        await using var rig = await TransferRig.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(
            _postgres, new Dictionary<string, string>(rig.Settings) { ["Jobs:Enabled"] = "true" });
        const string Long = "a-file-whose-name-is-much-longer-than-any-column-of-a-table-could-be_2026.json";
        foreach (var name in (string[])["notes.txt", Long, "inner/x.txt"])
        {
            using var content = new ByteArrayContent("hello"u8.ToArray());
            using var answer = await service.Client.PutAsync(ApiClient.At($"/api/tree/look/{name}?parents=true"), content);
            Assert.True(answer.IsSuccessStatusCode);
        }

        var ann = new { name = "ann", displayName = "Ann of the long quay", role = "admin", password = "correct horse battery staple" };
        using (var made = await service.Client.PostAsJsonAsync(ApiClient.At("/api/users"), ann))
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        foreach (var name in (string[])["backup", "a-key-with-a-name-that-is-longer-than-its-column"])
        {
            using var made = await service.Client.PostAsJsonAsync(
                ApiClient.At("/api/keys"), new { name, kind = "tenant", scopes = new[] { "upload" } });
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        await MoveAsync(rig, service.Client);
        // The webhook receives nothing, because no file is damaged.
        var webhook = new { title = "look", url = "https://hooks.example/", events = (string[])["damaged"] };
        using (await service.Client.PostAsJsonAsync(ApiClient.At("/api/webhooks"), webhook))
        using (await service.Client.DeleteAsync(ApiClient.At("/api/tree/look/inner")))
        {
            using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, path);
            await ConsoleRig.EndAsync(browser);
        }
    }

    /// <summary>An account with a transfer that is done, a schedule and a template.</summary>
    private static async Task MoveAsync(TransferRig rig, HttpClient client)
    {
        var connection = await rig.ConnectAsync(client);
        var items = new[] { await TransferRig.EntryAsync(client, "look") };
        var done = await TransferRig.TransferAsync(client, connection, null, items);
        await TransferRig.UntilAsync(client, done.GetProperty("id").GetString()!, "done");
        var transfer = new { label = "look", source = new { items }, destination = new { connection, folder = "root" } };
        using (var schedule = await client.PostAsJsonAsync("/api/schedules", new { title = "What arrives", arrival = new { }, transfer }))
            await TransferRig.ReadAsync(schedule, 201);
        using (var template = await client.PostAsJsonAsync("/api/templates", new { title = "Photos", transfer }))
            await TransferRig.ReadAsync(template, 201);
    }

    private async Task OpenLayersAsync(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres, TestService.WithJobs);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        for (var screen = 5; screen < 30; screen += 5)
            await ConsoleRig.AtAsync(browser, $"screen {screen}");
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.InRange(result.GetProperty("opened").GetArrayLength(), 20, 500);
    }

    [ConsoleTheory]
    [InlineData("orderlyWide")]
    [ReleaseData("orderlyNarrow")]
    public async Task Everything_is_in_a_landmark_large_enough_and_in_the_order_of_the_eye(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres, TestService.WithJobs);
        foreach (var path in (string[])["outer/inner/", "outer/a.txt"])
        {
            using var content = new StringContent("");
            using var answer = await service.Client.PutAsync(ApiClient.At($"/api/tree/{path}?parents=true"), content);
            Assert.True(answer.IsSuccessStatusCode);
        }

        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Empty(result.GetProperty("faults").EnumerateArray().Select(fault => fault.GetString()));
        Assert.All(result.GetProperty("twigs").EnumerateArray(), size => Assert.InRange(size.GetDouble(), 24, 100));
        Assert.InRange(result.GetProperty("order").GetArrayLength(), 3, 30);
        Assert.Empty(result.GetProperty("back").EnumerateArray().Select(word => word.GetString()));
    }

    [ConsoleFact]
    public async Task A_wrong_key_is_reported_and_the_right_one_opens_the_console()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("wrong", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.StartsWith("This is not the operator key", result.GetProperty("said").GetString(), StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task An_upload_waits_until_a_user_signs_in()
    {
        var (path, bytes) = _rig.File("film.mov", 20_000_000);
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("expired", service.Address, service.Key, path);
        await ConsoleRig.EndAsync(browser);
        await ConsoleRig.AssertContentAsync(service.Client, "film.mov", bytes);
    }

    [ConsoleFact]
    public async Task A_user_chooses_a_password_by_link_and_signs_in_with_it()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var answer = await service.Client.PostAsJsonAsync(ApiClient.At("/api/users"), new { name = "ann", role = "member" });
        var link = (await ApiClient.JsonAsync(answer, HttpStatusCode.Created)).GetProperty("invitation").GetProperty("link").GetString()!;
        using var browser = ConsoleRig.Start("invited", service.Address, service.Key, link.Split("#link=")[1]);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(
            "The name or the password is wrong, or the account is disabled. If you have forgotten it, an administrator can give you a link "
                + "for a new one.", result.GetProperty("said").GetString());
        // Only operators see the Jobs page.
        Assert.Equal(0, result.GetProperty("jobs").GetInt32());
    }

    [ConsoleFact]
    public async Task The_page_opens_while_the_service_is_away()
    {
        var first = await ServiceProcess.StartAsync();
        try
        {
            await using var proxy = new CutProxy(first.Address);
            using var browser = ConsoleRig.Start("away", proxy.Address, first.Key);
            await ConsoleRig.AtAsync(browser, "away", first.Kill9Async);
            Assert.Equal("back", await browser.LineAsync());
            await using var second = await ServiceProcess.StartAsync(first.DataDirectory);
            proxy.Target = second.Address;
            await browser.GoOnAsync();
            await ConsoleRig.EndAsync(browser);
        }
        finally
        {
            await first.DisposeAsync();
        }
    }
}
