using System.Globalization;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>When pairs look.</summary>
public sealed partial class SyncTests
{
    [Fact]
    public async Task A_pair_that_runs_once_pauses_when_both_sides_are_the_same()
    {
        await TransferRig.PutAsync(Client, "once/a.txt", [1]);
        var pair = await AddTimedAsync("once", new { once = true });
        var paused = await UntilAsync(pair, "paused");
        Assert.Contains("runs once", paused.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.String, paused.GetProperty("inStepAt").ValueKind);
        Assert.Equal([("a.txt", "01")], Files());

        await TransferRig.PutAsync(Client, "once/b.txt", [2]);
        await Task.Delay(2500);
        Assert.Equal([("a.txt", "01")], Files());
        await PostAsync($"/api/syncs/{pair}/resume");
        await UntilAsync(pair, "paused", () => Files().Count == 2);
    }

    [Fact]
    public async Task A_pair_with_times_of_its_own_waits_for_them()
    {
        await TransferRig.PutAsync(Client, "timed/a.txt", [1]);
        var pair = await AddTimedAsync("timed", new { cron = "0 0 1 1 *", timeZone = "Europe/Berlin" });
        await UntilAsync(pair, "in_step");
        await TransferRig.PutAsync(Client, "timed/b.txt", [2]);
        await Task.Delay(2500);
        Assert.Equal([("a.txt", "01")], Files());
        await RunAsync(pair);
        await UntilAsync(pair, "in_step", () => Files().Count == 2);
    }

    [Fact]
    public async Task While_its_timetable_says_stop_a_pair_does_nothing()
    {
        await TransferRig.PutAsync(Client, "closed/a.txt", [1]);
        var hour = TimeProvider.System.GetUtcNow().Hour;
        var table = string.Create(CultureInfo.InvariantCulture, $"{(hour + 23) % 24:00}:00,stop {(hour + 2) % 24:00}:00,off");
        var pair = await AddTimedAsync("closed", new { bandwidth = table, timeZone = "UTC" });
        var waiting = await UntilAsync(pair, "waiting");
        Assert.Equal("window", waiting.GetProperty("wait").GetString());
        Assert.Contains($"until {(hour + 2) % 24:00}:00", waiting.GetProperty("reason").GetString(), StringComparison.Ordinal);
        await RunAsync(pair);
        await Task.Delay(1000);
        Assert.Equal("waiting", (await GetAsync(pair)).GetProperty("state").GetString());
        Assert.Empty(Files());
    }

    [Theory]
    [InlineData("{\"cron\":\"0 2 * *\"}", "five fields")]
    [InlineData("{\"cron\":\" \"}", "five fields")]
    [InlineData("{\"cron\":\"99 2 * * *\"}", "not a cron expression")]
    [InlineData("{\"cron\":\"0 0 30 2 *\"}", "cron")]
    [InlineData("{\"cron\":\"0 2 * * *\",\"interval\":60}", "Only one")]
    [InlineData("{\"once\":true,\"interval\":60}", "Only one")]
    [InlineData("{\"cron\":\"0 2 * * *\",\"timeZone\":\"Mars/Base\"}", "timeZone")]
    [InlineData("{\"bandwidth\":\"25:00,stop\"}", "bandwidth")]
    public async Task Times_that_are_none_are_refused(string times, string detail)
    {
        await TransferRig.PutAsync(Client, "bad/a.txt", [1]);
        var body = await TimedBodyAsync("bad", JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(times)!);
        using var answer = await PostAsync("/api/syncs", body);
        var problem = await TransferRig.ReadAsync(answer, 400);
        Assert.Equal("invalid_field", problem.GetProperty("code").GetString());
        Assert.Contains(detail, problem.ToString(), StringComparison.Ordinal);
    }

    private async Task<string> AddTimedAsync(string folder, object times)
    {
        var fields = JsonSerializer.SerializeToElement(times).Deserialize<Dictionary<string, JsonElement>>()!;
        using var answer = await PostAsync("/api/syncs", await TimedBodyAsync(folder, fields));
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private async Task<Dictionary<string, object>> TimedBodyAsync(string folder, Dictionary<string, JsonElement> times)
    {
        var body = new Dictionary<string, object>
        {
            ["title"] = "pair",
            ["left"] = new { folder = await TransferRig.EntryAsync(Client, folder) },
            ["right"] = new { connection = await ConnectionAsync("Disk"), folder = "." },
        };
        foreach (var (name, value) in times)
            body[name] = value;
        return body;
    }
}
