using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Transfers that begin at their times, and those that are kept under a name.</summary>
public sealed class TransferScheduleTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TransferRig _rig = null!;
    private TestService _service = null!;
    private string _connection = null!;
    private string _entry = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await TransferRig.StartAsync();
        _service = await TestService.StartAsync(postgres, _rig.Settings);
        _connection = await _rig.ConnectAsync(Client);
        _entry = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 700_000));
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_schedule_begins_a_transfer_at_its_time_and_is_then_over()
    {
        var id = await AddAsync(new { title = "once", at = TimeProvider.System.GetUtcNow().AddSeconds(3), transfer = Draft() });
        await Eventually.HoldsAsync(async () => (await GetAsync(id)).GetProperty("lastState").GetString() == "done");
        var now = await GetAsync(id);
        Assert.Equal("begun", now.GetProperty("lastResult").GetString());
        Assert.Equal(1, now.GetProperty("runs").GetInt64());
        Assert.False(now.GetProperty("enabled").GetBoolean());
        Assert.Equal(JsonValueKind.Null, now.GetProperty("nextAt").ValueKind);
        Assert.Single(await _rig.FilesAsync());
        var transfer = await TransferRig.GetAsync(Client, now.GetProperty("lastTransfer").GetString()!);
        Assert.Equal("once", transfer.GetProperty("label").GetString());
    }

    [Theory]
    [InlineData("9999-12-31T23:59:59.9999999Z")]
    [InlineData("2101-01-01T00:00:00Z")]
    public async Task A_time_that_nobody_means_is_refused_and_breaks_no_list(string at)
    {
        using var schedule = await Client.PostAsJsonAsync("/api/schedules", new { title = "late", at, transfer = Draft() });
        Assert.Equal("invalid_field", (await TransferRig.ReadAsync(schedule, 400)).GetProperty("code").GetString());
        var draft = new
        {
            source = new { items = new[] { _entry } },
            destination = new { connection = _connection, folder = "root" },
            deadline = at,
        };
        using var transfer = await Client.PostAsJsonAsync("/api/transfers", draft);
        Assert.Equal("invalid_field", (await TransferRig.ReadAsync(transfer, 400)).GetProperty("code").GetString());
        _ = await Client.GetFromJsonAsync<JsonElement>("/api/transfers");
        _ = await Client.GetFromJsonAsync<JsonElement>("/api/schedules");
    }

    [Fact]
    public async Task A_run_that_would_overlap_the_last_one_is_left_out_and_told()
    {
        var id = await AddAsync(new { title = "often", cron = "0 3 * * *", timeZone = "Europe/Berlin", transfer = Draft() });
        var held = _rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 1 }, FaultAction.Hold());
        var first = await RunAsync(id, 201);
        await held.Reached;
        Assert.Equal("transfer_goes_on", (await RunAsync(id, 409)).GetProperty("code").GetString());
        // The same at a time.
        await PatchAsync(id, new { at = TimeProvider.System.GetUtcNow().AddSeconds(3) });
        await Eventually.HoldsAsync(async () => (await GetAsync(id)).GetProperty("lastResult").GetString() == "skipped");
        Assert.Equal(1, (await GetAsync(id)).GetProperty("skipped").GetInt64());
        held.Release();
        await TransferRig.UntilAsync(Client, first.GetProperty("id").GetString()!, "done");
        Assert.Single(await _rig.FilesAsync());
    }

    [Fact]
    public async Task The_next_run_is_at_the_time_of_its_zone_and_none_while_it_is_off()
    {
        var began = TimeProvider.System.GetUtcNow();
        var id = await AddAsync(new { title = "nightly", cron = "30 2 * * *", timeZone = "Asia/Kathmandu", transfer = Draft() });
        var next = (await GetAsync(id)).GetProperty("nextAt").GetDateTimeOffset();
        // Kathmandu is five hours and three quarters ahead.
        Assert.Equal(new TimeSpan(20, 45, 0), next.UtcDateTime.TimeOfDay);
        Assert.InRange(next, began, TimeProvider.System.GetUtcNow().AddDays(1));
        await PatchAsync(id, new { enabled = false });
        Assert.Equal(JsonValueKind.Null, (await GetAsync(id)).GetProperty("nextAt").ValueKind);
        await PatchAsync(id, new { enabled = true, title = "by night" });
        var now = await GetAsync(id);
        Assert.Equal(("by night", next), (now.GetProperty("title").GetString(), now.GetProperty("nextAt").GetDateTimeOffset()));
        using var removed = await Client.DeleteAsync($"/api/schedules/{id}");
        Assert.Equal(204, (int)removed.StatusCode);
        using var gone = await Client.GetAsync($"/api/schedules/{id}");
        Assert.Equal("no_such_schedule", (await TransferRig.ReadAsync(gone, 404)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_run_that_cannot_begin_says_why()
    {
        var id = await AddAsync(new { title = "gone", cron = "0 3 * * *", transfer = Draft() });
        using (var removed = await Client.DeleteAsync("/api/tree/a.bin"))
            Assert.True(removed.IsSuccessStatusCode);
        Assert.Contains(_entry, (await RunAsync(id, 409)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await PatchAsync(id, new { at = TimeProvider.System.GetUtcNow().AddSeconds(3) });
        await Eventually.HoldsAsync(async () => (await GetAsync(id)).GetProperty("lastResult").GetString() == "refused");
        Assert.Contains(_entry, (await GetAsync(id)).GetProperty("lastReason").GetString(), StringComparison.Ordinal);
        // Its owner is told as of any transfer that has failed.
        var told = await Client.GetFromJsonAsync<JsonElement>("/api/transfers?notice=true");
        var failed = told.GetProperty("items").EnumerateArray().Single(one => one.GetProperty("schedule").GetString() == id);
        Assert.Equal(("failed", "gone"), (failed.GetProperty("state").GetString(), failed.GetProperty("label").GetString()));
        Assert.Contains(_entry, failed.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schedule_acts_with_the_key_that_has_changed_it_last()
    {
        var people = new TestPeople(_service);
        var bob = await people.UserAsync("bob", Role.Member);
        using var first = await people.ClientAsync(bob);
        using var second = await people.ClientAsync(bob);
        using var weak = await people.ClientAsync(bob, scopes: Scopes.Transfers);
        var draft = new
        {
            source = new { items = new[] { await TransferRig.PutAsync(first, "b.bin", [1]) } },
            destination = new { folder = await OneDriveRig.MakeFolderAsync(first, "out") },
        };
        using var made = await first.PostAsJsonAsync("/api/schedules", new { title = "mine", cron = "0 3 * * *", transfer = draft });
        var id = (await TransferRig.ReadAsync(made, 201)).GetProperty("id").GetString()!;
        Assert.Equal((KeyOf(first), "mine"), await NowAsync());

        // A key that could not have made it does not change it.
        using var refused = await weak.PatchAsJsonAsync($"/api/schedules/{id}", new { title = "taken over" });
        Assert.InRange((int)refused.StatusCode, 400, 499);
        Assert.Equal((KeyOf(first), "mine"), await NowAsync());

        using var changed = await second.PatchAsJsonAsync($"/api/schedules/{id}", new { title = "ours" });
        await TransferRig.ReadAsync(changed, 200);
        Assert.Equal((KeyOf(second), "ours"), await NowAsync());

        static string KeyOf(HttpClient client) => client.DefaultRequestHeaders.GetValues(TestPeople.KeyHeader).Single();

        async Task<(string? Key, string Title)> NowAsync()
        {
            var ledger = _service.Services.GetRequiredService<IScheduleLedger>();
            var schedule = (await ledger.GetAsync(Guid.ParseExact(id, "N"), default))!;
            return (schedule.ApiKey?.ToString("n"), schedule.Title);
        }
    }

    [Fact]
    public async Task One_run_makes_one_transfer_also_when_its_record_was_lost()
    {
        var ledger = _service.Services.GetRequiredService<IScheduleLedger>();
        var work = _service.Services.GetRequiredService<TransferScheduleWork>();
        var id = Guid.ParseExact(await AddAsync(new { title = "twice", cron = "0 3 * * *", transfer = Draft() }), "N");
        var schedule = (await ledger.GetAsync(id, default))!;
        var transfer = Guid.NewGuid();
        Assert.Equal(transfer, (await work.RunAsync(schedule, transfer, default)).Made);
        Assert.Equal(transfer, (await work.RunAsync(schedule, transfer, default)).Made);
        await TransferRig.UntilAsync(Client, transfer.ToString("n"), "done");
        var all = await Client.GetFromJsonAsync<JsonElement>("/api/transfers");
        Assert.Equal(1, all.GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_template_keeps_a_transfer_that_can_be_made_as_it_is()
    {
        using var added = await Client.PostAsJsonAsync("/api/templates", new { title = "to Drive", transfer = Draft("read_back") });
        var template = await TransferRig.ReadAsync(added, 201);
        Assert.Equal("a.bin", template.GetProperty("names")[0].GetString());
        var list = await Client.GetFromJsonAsync<JsonElement>("/api/templates");
        var kept = Assert.Single(list.GetProperty("items").EnumerateArray());
        using var made = await Client.PostAsJsonAsync("/api/transfers", kept.GetProperty("transfer"));
        var transfer = await TransferRig.ReadAsync(made, 201);
        Assert.Equal("read_back", transfer.GetProperty("options").GetProperty("verify").GetString());
        await TransferRig.UntilAsync(Client, transfer.GetProperty("id").GetString()!, "done");
        using var removed = await Client.DeleteAsync($"/api/templates/{kept.GetProperty("id").GetString()}");
        Assert.Equal(204, (int)removed.StatusCode);
        Assert.Equal(0, (await Client.GetFromJsonAsync<JsonElement>("/api/templates")).GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("/api/templates")]
    [InlineData("/api/schedules")]
    public async Task Addresses_of_the_web_are_not_kept(string path)
    {
        var transfer = new
        {
            source = new { addresses = new[] { "https://name:secret@example.org/a.bin" } },
            destination = new { connection = _connection, folder = "root" },
        };
        using var answer = await Client.PostAsJsonAsync(path, path == "/api/templates"
            ? (object)new { title = "web", transfer }
            : new { title = "web", cron = "0 3 * * *", transfer });
        var refused = (await TransferRig.ReadAsync(answer, 400)).ToString();
        Assert.Contains("addresses cannot be stored", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("secret@", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schedules_and_templates_are_their_owners_alone_and_go_with_them()
    {
        var id = await AddAsync(new { title = "mine", cron = "0 3 * * *", transfer = Draft() });
        var people = new TestPeople(_service);
        using var other = await people.ClientAsync(await people.UserAsync("ann", Role.Admin));
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, ""), (HttpMethod.Delete, ""), (HttpMethod.Post, "/run"),
        })
        {
            using var request = new HttpRequestMessage(method, $"/api/schedules/{id}{path}");
            using var answer = await other.SendAsync(request);
            Assert.Equal(404, (int)answer.StatusCode);
        }

        Assert.Equal(0, (await other.GetFromJsonAsync<JsonElement>("/api/schedules")).GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("{\"title\":\"x\",\"cron\":\"every day\"}", "five fields")]
    [InlineData("{\"title\":\"x\",\"cron\":\"0 2 31 2 *\"}", "never")]
    [InlineData("{\"title\":\"x\",\"cron\":\"0 2 * * 1\"}", "weekdays")]
    [InlineData("{\"title\":\"x\",\"cron\":\"0 2 * * *\",\"timeZone\":\"Mars\"}", "time zone")]
    [InlineData("{\"title\":\"x\",\"at\":\"2020-01-01T00:00:00Z\"}", "passed")]
    [InlineData("{\"title\":\"x\"}", "Either cron or at")]
    [InlineData("{\"cron\":\"0 2 * * *\"}", "title")]
    public async Task Times_that_mean_nothing_are_refused_with_a_sentence(string schedule, string says)
    {
        var body = System.Text.Json.Nodes.JsonNode.Parse(schedule)!.AsObject();
        body["transfer"] = JsonSerializer.SerializeToNode(Draft());
        using var content = new StringContent(body.ToJsonString(), null, "application/json");
        using var answer = await Client.PostAsync("/api/schedules", content);
        Assert.Contains(says, (await TransferRig.ReadAsync(answer, 400)).ToString(), StringComparison.Ordinal);
    }

    private object Draft(string verify = "digest") => new
    {
        source = new { items = new[] { _entry } },
        destination = new { connection = _connection, folder = "root" },
        options = new { taken = "replace_older", verify },
    };

    private async Task<string> AddAsync(object schedule)
    {
        using var answer = await Client.PostAsJsonAsync("/api/schedules", schedule);
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private Task<JsonElement> GetAsync(string id) => Client.GetFromJsonAsync<JsonElement>($"/api/schedules/{id}");

    private async Task PatchAsync(string id, object change)
    {
        using var answer = await Client.PatchAsJsonAsync($"/api/schedules/{id}", change);
        await TransferRig.ReadAsync(answer, 200);
    }

    private async Task<JsonElement> RunAsync(string id, int status)
    {
        using var answer = await Client.PostAsync($"/api/schedules/{id}/run", null);
        return await TransferRig.ReadAsync(answer, status);
    }
}
