using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Plans that are looked at first, and the options that decide when, how fast and how a transfer goes.</summary>
public sealed class TransferPlanTests(PlanPlaces places) : IClassFixture<PlanPlaces>, IAsyncLifetime
{
    private string _connection = null!;

    private TransferRig Rig => places.Rig.Google;

    private HttpClient Client => places.Client;

    public async Task InitializeAsync()
    {
        await places.EmptyAsync();
        _connection = await Rig.ConnectAsync(Client);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_plan_says_what_would_happen_and_moves_nothing_before_it_is_approved()
    {
        _ = await TransferRig.PutAsync(Client, "plan/same.bin", TransferRig.Bytes(1, 1000));
        _ = await TransferRig.PutAsync(Client, "plan/changed.bin", TransferRig.Bytes(2, 2000));
        var folder = await TransferRig.EntryAsync(Client, "plan");
        await TransferRig.UntilAsync(Client, await StartAsync(new { }, folder), "done");
        var before = await Rig.FilesAsync();

        _ = await TransferRig.PutAsync(Client, "plan/deep/new.bin", TransferRig.Bytes(3, 3000));
        using (var replaced = new ByteArrayContent(TransferRig.Bytes(4, 4000)))
        using (var answer = await Client.PutAsync("/api/tree/plan/changed.bin?conflict=replace", replaced))
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var transfer = await StartAsync(new { taken = "replace" }, folder, plan: true);
        var planned = await TransferRig.UntilAsync(Client, transfer, "planned", "failed", "done");
        Assert.Equal("planned", planned.GetProperty("state").GetString());
        var plan = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/plan");
        Assert.Equal((1, 3000), Sum("new"));
        Assert.Equal((1, 4000), Sum("replace"));
        Assert.Equal((1, 1000), Sum("skip"));
        Assert.Equal((0, 0), Sum("number"));
        Assert.Equal(1, plan.GetProperty("newFolders").GetInt64());
        Assert.Equal(7000, plan.GetProperty("bytes").GetInt64());
        Assert.True(plan.GetProperty("fits").GetBoolean());
        Assert.True(plan.GetProperty("seconds").GetDouble() > 0);
        var skipped = Assert.Single(await places.ItemsAsync(transfer, "plan=skip"), one => one.GetProperty("kind").GetString() == "file");
        Assert.Equal("plan/same.bin", skipped.GetProperty("path").GetString());
        Assert.Contains("same file", skipped.GetProperty("planReason").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await Rig.FilesAsync());

        // Changes made meanwhile are noticed: the decision of the plan is not final.
        using (var removed = await Client.DeleteAsync("/api/tree/plan/deep/new.bin"))
            Assert.True(removed.IsSuccessStatusCode);
        await PostAsync($"/api/transfers/{transfer}/approve");
        var ended = await TransferRig.UntilAsync(Client, transfer, "done", "partly_done", "failed");
        Assert.Equal("partly_done", ended.GetProperty("state").GetString());
        Assert.Equal(
            [("plan/changed.bin", Sha256(TransferRig.Bytes(4, 4000))), ("plan/same.bin", Sha256(TransferRig.Bytes(1, 1000)))],
            (await Rig.FilesAsync()).Order());
        using var again = await Client.PostAsync($"/api/transfers/{transfer}/approve", null);
        Assert.Equal("transfer_ended", (await TransferRig.ReadAsync(again, 409)).GetProperty("code").GetString());

        (long Files, long Bytes) Sum(string name) =>
            (plan.GetProperty(name).GetProperty("files").GetInt64(), plan.GetProperty(name).GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task A_plan_that_was_paused_still_waits_for_its_approval_and_a_cancelled_one_moves_nothing()
    {
        var entry = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 1000));
        var transfer = await StartAsync(new { }, entry, plan: true);
        await TransferRig.UntilAsync(Client, transfer, "planned");
        await PostAsync($"/api/transfers/{transfer}/pause");
        await PostAsync($"/api/transfers/{transfer}/resume");
        Assert.Equal("planned", (await TransferRig.GetAsync(Client, transfer)).GetProperty("state").GetString());
        await PostAsync($"/api/transfers/{transfer}/cancel");
        await TransferRig.UntilAsync(Client, transfer, "cancelled");
        Assert.Empty(await Rig.FilesAsync());
        var plain = await StartAsync(new { }, entry);
        using var approved = await Client.PostAsync($"/api/transfers/{plain}/approve", null);
        Assert.Equal(409, (int)approved.StatusCode);
    }

    [Fact]
    public async Task Outside_of_its_window_a_transfer_waits_and_says_until_when()
    {
        var entry = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 700_000));
        var held = Rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.Hold());
        var transfer = await StartAsync(new { }, entry);
        await held.Reached;
        // It closes while a piece is on its way: what is safe stays safe.
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var opens = now.AddHours(2);
        await PatchAsync(transfer, new { bandwidth = $"{now.AddHours(-2):HH:mm},stop {opens:HH:mm},off", timeZone = "Etc/UTC" });
        held.Release();
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("window", waiting.GetProperty("wait").GetProperty("reason").GetString());
        var until = waiting.GetProperty("wait").GetProperty("until").GetDateTimeOffset();
        Assert.Equal($"{opens:HH:mm}", $"{until.UtcDateTime:HH:mm}");
        // Trying at once does not open it.
        await PostAsync($"/api/transfers/{transfer}/resume");
        Assert.Equal("waiting", (await TransferRig.GetAsync(Client, transfer)).GetProperty("state").GetString());
        await PatchAsync(transfer, new { bandwidth = "off" });
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("a.bin", Sha256(TransferRig.Bytes(1, 700_000)))], await Rig.FilesAsync());
    }

    [Fact]
    public async Task A_deadline_ends_what_is_paused_with_its_reason_and_what_failed_can_be_tried_again()
    {
        var first = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 1000));
        var second = await TransferRig.PutAsync(Client, "b.bin", TransferRig.Bytes(2, 700_000));
        var held = Rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 3 }, FaultAction.Hold());
        var transfer = await StartAsync(new { }, [first, second]);
        await held.Reached;
        await PostAsync($"/api/transfers/{transfer}/pause");
        held.Release();
        await PatchAsync(transfer, new { deadline = TimeProvider.System.GetUtcNow().AddHours(2) });
        await PatchAsync(transfer, new { label = "still with its deadline" });
        Assert.Equal(JsonValueKind.String, (await TransferRig.GetAsync(Client, transfer)).GetProperty("deadline").ValueKind);
        await PatchAsync(transfer, new { deadline = (DateTimeOffset?)null });
        Assert.Equal(JsonValueKind.Null, (await TransferRig.GetAsync(Client, transfer)).GetProperty("deadline").ValueKind);
        await PatchAsync(transfer, new { deadline = TimeProvider.System.GetUtcNow().AddSeconds(2) });
        var ended = await TransferRig.UntilAsync(Client, transfer, "partly_done", "failed", "done");
        Assert.Equal("partly_done", ended.GetProperty("state").GetString());
        Assert.Contains("deadline", ended.GetProperty("reason").GetString(), StringComparison.Ordinal);
        var failed = Assert.Single(await places.ItemsAsync(transfer, "state=failed"));
        Assert.Contains("deadline", failed.GetProperty("reason").GetString(), StringComparison.Ordinal);
        await PostAsync($"/api/transfers/{transfer}/retry");
        await PostAsync($"/api/transfers/{transfer}/resume");
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal(2, (await Rig.FilesAsync()).Count);
    }

    [Fact]
    public async Task A_limit_of_bandwidth_holds_a_transfer_to_its_speed()
    {
        const int size = 6_000_000;
        var first = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, size));
        var second = await TransferRig.PutAsync(Client, "b.bin", TransferRig.Bytes(2, size));
        // At this rate, the first file would take six minutes.
        var limited = await StartAsync(new { bandwidth = "16k" }, first);
        await Eventually.HoldsAsync(async () =>
            (await TransferRig.GetAsync(Client, limited)).GetProperty("state").GetString() == "running");
        // A transfer without a limit begins later and ends earlier.
        await TransferRig.UntilAsync(Client, await StartAsync(new { }, second), "done");
        Assert.Equal("running", (await TransferRig.GetAsync(Client, limited)).GetProperty("state").GetString());
        Assert.Equal([("b.bin", Sha256(TransferRig.Bytes(2, size)))], await Rig.FilesAsync());
        await PatchAsync(limited, new { bandwidth = "off" });
        await TransferRig.UntilAsync(Client, limited, "done");
        Assert.Equal(
            [("a.bin", Sha256(TransferRig.Bytes(1, size))), ("b.bin", Sha256(TransferRig.Bytes(2, size)))],
            (await Rig.FilesAsync()).Order());
    }

    [Fact]
    public async Task A_file_is_read_back_and_one_that_the_destination_gives_back_wrong_is_sent_again()
    {
        var entry = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 600_000));
        Rig.Drive.Faults.Add(
            new FaultMatch { Method = "GET", PathRegex = "alt=media", Nth = 2 }, new FaultAction { Kind = "corruptByte", Offset = 1000 });
        var transfer = await StartAsync(new { verify = "read_back" }, entry);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("a.bin", Sha256(TransferRig.Bytes(1, 600_000)))], await Rig.FilesAsync());
        var item = Assert.Single(await places.ItemsAsync(transfer));
        Assert.Equal(("sha256", 1), (item.GetProperty("verifiedBy").GetString(), item.GetProperty("restarts").GetInt32()));
    }

    [Fact]
    public async Task Without_the_structure_all_files_go_into_one_folder_and_none_takes_the_place_of_another()
    {
        _ = await TransferRig.PutAsync(Client, "flat/one/a.txt", TransferRig.Bytes(1, 100));
        _ = await TransferRig.PutAsync(Client, "flat/two/a.txt", TransferRig.Bytes(2, 200));
        _ = await TransferRig.PutAsync(Client, "flat/three/a.txt", TransferRig.Bytes(3, 300));
        var transfer = await StartAsync(new { structure = false, taken = "replace" }, await TransferRig.EntryAsync(Client, "flat"));
        await TransferRig.UntilAsync(Client, transfer, "done");
        var files = await Rig.FilesAsync();
        Assert.All(files, file => Assert.DoesNotContain('/', file.Path));
        Assert.Equal(
            new[] { 1, 2, 3 }.Select(seed => Sha256(TransferRig.Bytes(seed, seed * 100))).Order(),
            files.Select(file => file.Sha256).Order());
    }

    [Fact]
    public async Task Refusals_without_progress_become_a_daily_limit()
    {
        var entry = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 1000));
        _ = Rig.Drive.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = "uploadType", Times = 10_000 }, FaultAction.Status(403, "userRateLimitExceeded"));
        var transfer = await StartAsync(new { }, entry);
        var began = TimeProvider.System.GetUtcNow();
        JsonElement now = default;
        await Eventually.HoldsAsync(async () =>
        {
            now = await TransferRig.GetAsync(Client, transfer);
            return now.GetProperty("wait") is { ValueKind: JsonValueKind.Object } wait
                && wait.GetProperty("reason").GetString() == "daily_limit";
        });
        Assert.True(now.GetProperty("wait").GetProperty("until").GetDateTimeOffset() > began);
        // The story tells the pauses once, and not for each attempt.
        var events = (await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/events?limit=200")).GetProperty("items");
        Assert.Single(events.EnumerateArray(), one => one.GetProperty("kind").GetString() == "waits_rate_limit");
    }

    [Fact]
    public async Task A_transfer_that_is_resumed_while_its_connection_needs_a_sign_in_waits_for_it()
    {
        var entry = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 700_000));
        var held = Rig.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "uploadType" }, FaultAction.Hold());
        var transfer = await StartAsync(new { }, entry);
        await held.Reached;
        await PostAsync($"/api/transfers/{transfer}/pause");
        using (var client = new HttpClient())
        {
            using var revoked = await client.PostAsJsonAsync(
                $"{Rig.Drive.Address}/_control/fault", new { action = new { kind = "revokeSignIn", account = TransferRig.Account } });
            Assert.True(revoked.IsSuccessStatusCode);
        }

        Rig.Drive.Switches.Set("acceptAnyToken", JsonSerializer.SerializeToElement(false));
        held.Release();
        using (var test = await Client.PostAsync($"/api/connections/{_connection}/test", null))
            _ = await test.Content.ReadAsStringAsync();
        await Eventually.HoldsAsync(async () =>
            (await Client.GetFromJsonAsync<JsonElement>($"/api/connections/{_connection}")).GetProperty("state").GetString()
                == "needs_sign_in");
        await PostAsync($"/api/transfers/{transfer}/resume");
        var waiting = await TransferRig.GetAsync(Client, transfer);
        Assert.Equal("waiting", waiting.GetProperty("state").GetString());
        Assert.Equal("sign_in", waiting.GetProperty("wait").GetProperty("reason").GetString());
        Assert.Equal(JsonValueKind.Null, waiting.GetProperty("wait").GetProperty("until").ValueKind);
        Rig.Drive.Switches.Set("acceptAnyToken", JsonSerializer.SerializeToElement(true));
        using var renewed = await Client.PutAsJsonAsync(
            $"/api/connections/{_connection}/secret", new { refreshToken = await Rig.SignInAsync() });
        await TransferRig.ReadAsync(renewed, 200);
        await TransferRig.UntilAsync(Client, transfer, "done");
    }

    [Theory]
    [InlineData("{\"bandwidth\":\"fast\"}", "bandwidth")]
    [InlineData("{\"bandwidth\":\"08:00,stop 20:00,stop\"}", "stop")]
    [InlineData("{\"timeZone\":\"Mars/Olympus\"}", "Europe/Berlin")]
    [InlineData("{\"exportAs\":\"docx\"}", "open_document")]
    [InlineData("{\"attempts\":{\"refused\":0}}", "1 to 20")]
    public async Task Options_that_mean_nothing_are_refused_with_a_sentence(string options, string says)
    {
        using var content = new StringContent(
            $$"""{"source":{"items":["x"]},"destination":{"folder":"root"},"options":{{options}}}""", null, "application/json");
        using var answer = await Client.PostAsync("/api/transfers", content);
        var refused = await TransferRig.ReadAsync(answer, 400);
        Assert.Equal("invalid_field", refused.GetProperty("code").GetString());
        Assert.Contains(says, refused.ToString(), StringComparison.Ordinal);
    }

    private Task<string> StartAsync(object options, string item, bool plan = false) => StartAsync(options, [item], plan);

    private async Task<string> StartAsync(object options, string[] items, bool plan = false)
    {
        using var answer = await Client.PostAsJsonAsync("/api/transfers", new
        {
            label = "test",
            source = new { items },
            destination = new { connection = _connection, folder = "root" },
            options,
            plan,
        });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private async Task PostAsync(string path)
    {
        using var answer = await Client.PostAsync(path, null);
        await TransferRig.ReadAsync(answer, 200);
    }

    private async Task PatchAsync(string transfer, object change)
    {
        using var answer = await Client.PatchAsJsonAsync($"/api/transfers/{transfer}", change);
        await TransferRig.ReadAsync(answer, 200);
    }
}

/// <summary>Refusals become a limit of the day soon.</summary>
public sealed class PlanPlaces : TransferPlaces
{
    internal override IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Transfers:DailyAfter"] = "00:00:00.300",
        ["Transfers:DailyPause"] = "00:00:30",
    };
}
