using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>Connections and Transfers in Chromium, with an emulated Google Drive.</summary>
public sealed class TransferPagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [ConsoleFact]
    public async Task A_person_connects_starts_closes_the_browser_comes_back_and_mends_a_sign_in()
    {
        await using var rig = await TransferRig.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(postgres, rig.Settings);
        var sent = TransferRig.Bytes(7, 700_000);
        for (var i = 0; i < 5; i++)
            await TransferRig.PutAsync(service.Client, $"tree/f{i}.bin", TransferRig.Bytes(i, 1000 * i));
        await TransferRig.PutAsync(service.Client, "tree/inner/sonar.xtf", sent);
        await TransferRig.PutAsync(service.Client, "other/note.txt", TransferRig.Bytes(9, 5000));

        // The transfer cannot end while the browser is open.
        var held = rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id" }, FaultAction.Hold());
        using var browser = ConsoleRig.Start("transfers", service.Address, service.Key, await rig.SignInAsync());
        await ConsoleRig.AtAsync(browser, "close", () =>
        {
            held.Release();
            return Task.CompletedTask;
        });
        await ConsoleRig.AtAsync(browser, "hold", async () =>
        {
            Assert.Contains(("tree/inner/sonar.xtf", Convert.ToHexStringLower(SHA256.HashData(sent))), await rig.FilesAsync());
            held = rig.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "uploadType" }, FaultAction.Hold());
        });
        await ConsoleRig.AtAsync(browser, "end", async () =>
        {
            await held.Reached;
            rig.Drive.Switches.Set("invalidGrant", true);
            rig.Drive.Switches.Set("acceptAnyToken", false);
            rig.Drive.Clock.Advance(TimeSpan.FromHours(2));
            held.Release();
        });
        await ConsoleRig.AtAsync(browser, "again", () =>
        {
            rig.Drive.Switches.Set("invalidGrant", false);
            rig.Drive.Switches.Set("acceptAnyToken", true);
            return Task.CompletedTask;
        });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.NotEqual("", result.GetProperty("refused").GetString());
        Assert.Contains(await rig.FilesAsync(), file => file.Path == "other/note.txt");
    }

    [ConsoleTheory]
    [InlineData("transferPlansWide", 3)]
    [ReleaseData("transferPlansNarrow", 3)]
    public async Task A_plan_is_looked_at_and_started_and_a_schedule_runs(string scenario, int transfers)
    {
        await using var rig = await TransferRig.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(postgres, rig.Settings);
        await TransferRig.PutAsync(service.Client, "tree/a.bin", TransferRig.Bytes(1, 3000));
        await TransferRig.PutAsync(service.Client, "tree/inner/b.bin", TransferRig.Bytes(2, 2000));
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, await rig.SignInAsync());
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(transfers, result.GetProperty("transfers").GetInt32());
        Assert.Equal("30 18 * * FRI", result.GetProperty("schedule").GetProperty("cron").GetString());
        Assert.False(result.GetProperty("schedule").GetProperty("enabled").GetBoolean());
        Assert.Equal(2, (await rig.FilesAsync()).Count);
    }

    [ConsoleTheory]
    [ReleaseData("arrivalsWide")]
    [InlineData("arrivalsNarrow")]
    public async Task What_arrives_goes_on_and_is_seen_on_the_page_of_its_schedule_which_can_be_changed(string scenario)
    {
        await using var rig = await TransferRig.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(postgres, rig.Settings);
        var links = new LinkClient(service);
        await TransferRig.PutAsync(service.Client, "tree/before.bin", [1]);
        var link = await links.MakeAsync(new { kind = "upload", path = "tree", title = "Guests" });
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, await rig.SignInAsync());
        await ConsoleRig.AtAsync(browser, "arrive", async () =>
        {
            using var sent = await links.PutAsync(link, "new.bin", "from a guest");
            Assert.Equal(201, (int)sent.StatusCode);
        });
        var (schedule, _) = await ConsoleRig.EndAsync(browser);
        links.Close();
        var others = schedule.GetProperty("arrival").GetProperty("others");
        Assert.Equal($"link:{link.Id}", Assert.Single(others.EnumerateArray()).GetString());
        var options = schedule.GetProperty("transfer").GetProperty("options");
        Assert.Equal("size", options.GetProperty("equal").GetString());
        Assert.Equal(5, options.GetProperty("attempts").GetProperty("refused").GetInt32());
        Assert.Contains(await rig.FilesAsync(), file => file.Path == "new.bin");
    }

    [ConsoleTheory]
    [InlineData("transfersWideDark")]
    [ReleaseData("transfersNarrowLight")]
    [ReleaseData("transfersNarrowDark")]
    public async Task The_pages_fit_and_are_accessible_and_work_by_the_keyboard(string scenario)
    {
        await using var rig = await TransferRig.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(postgres, rig.Settings);
        await TransferRig.PutAsync(service.Client, "tree/a-file-whose-name-is-much-longer-than-a-phone-is-wide_2026.json", new byte[3000]);
        await TransferRig.PutAsync(service.Client, "tree/inner/left-out.bin", new byte[2000]);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, await rig.SignInAsync());
        var (result, _) = await ConsoleRig.EndAsync(browser);
        var options = result.GetProperty("options");
        Assert.Equal("replace_older", options.GetProperty("taken").GetString());
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(options.GetProperty("without").EnumerateArray()).GetString());
        // Without the one that was left out.
        Assert.EndsWith(".json", Assert.Single(await rig.FilesAsync()).Path, StringComparison.Ordinal);
    }

    [ConsoleTheory]
    [ReleaseData("webWideLight")]
    [InlineData("webNarrowDark")]
    public async Task Addresses_of_the_web_are_looked_at_and_moved_and_given_folders_are_seen(string scenario)
    {
        using var disk = new TempFolder();
        await using var web = await WebRig.StartAsync();
        await using var service = await ConsoleRig.ServiceAsync(postgres, new Dictionary<string, string>(WebRig.Settings)
        {
            ["Connections:Folders"] = $"Photos|{disk.Path}|read|operator",
        });
        web.Add("/film.mp4", new WebFile { Bytes = new byte[300_000], ETag = "\"1\"" });
        web.Add("/notes", new WebFile { Bytes = new byte[500], Ranges = false });
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key, web.Address);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.DoesNotContain("canary", result.GetProperty("shown").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            ["New transfer from it", "Its transfers"], result.GetProperty("acts").EnumerateArray().Select(act => act.GetString()));
        var list = await service.Client.GetFromJsonAsync<JsonElement>("/api/tree/");
        Assert.Equal(
            ["film.mp4", "my notes.txt"],
            list.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()));
    }
}
