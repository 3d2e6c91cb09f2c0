using ChunkUpload.Demo;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>The sample data of tools/run --demo: every list and chart of the console has content.</summary>
[Trait("Runs", "release")]
public sealed class DemoTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task The_demo_gives_every_screen_something_to_show()
    {
        using var folder = new TempFolder();
        await using var storages = await Storages.StartAsync(folder.Path, default);
        // A job that runs meanwhile would have a newer result than the one that is written.
        await using var service = await TestService.StartAsync(postgres, new Dictionary<string, string>(storages.Settings)
        {
            ["Proxy:Trusted"] = "127.0.0.1",
            ["Webhooks:AllowPrivateNetworks"] = "true",
            ["Jobs:Enabled"] = "false",
        });
        await using var receiver = Receiver.Start();
        const string Password = "correct horse battery staple";
        var sample = new SampleData(service.Address, service.Key, Password, Repository.Root, receiver.Address);
        var people = await sample.FillAsync(default);
        foreach (var (name, _) in SampleData.SignIns)
        {
            using var person = await Caller.SignInAsync(service.Address, name, Password, "192.0.2.1", "Browser/1.0", default);
            Assert.StartsWith("user:", person.Subject, StringComparison.Ordinal);
        }

        Assert.Contains("/l/", sample.GuestPage!.AbsolutePath, StringComparison.Ordinal);
        await PastWeek.WriteAsync(service.ConnectionString, people, default);

        var client = new ApiClient(service);
        foreach (var list in (string[])["users", "keys", "links", "tenants", "spaces", "webhooks", "networks", "history", "audit", "trash"])
            Assert.True((await client.GetAsync($"/api/{list}")).GetProperty("items").GetArrayLength() > 1, list);
        var stats = await client.GetAsync("/api/stats?range=7d&step=hour");
        Assert.True(stats.GetProperty("points").GetArrayLength() > 100);
        foreach (var chart in (string[])["cuts", "failures", "networks", "protocols"])
            Assert.NotEmpty(stats.GetProperty(chart).EnumerateArray());
        Assert.Contains(
            (await client.GetAsync("/api/jobs")).GetProperty("items").EnumerateArray(),
            job => job.GetProperty("lastRun") is { ValueKind: not System.Text.Json.JsonValueKind.Null } run
                && run.GetProperty("outcome").GetString() == "failed");

        var transfers = new SampleTransfers(service.Address, Password, people[0], storages);
        await transfers.FillAsync(default);
        Assert.NotEmpty(transfers.Token);
        using var stop = new CancellationTokenSource();
        var moving = transfers.RunAsync(stop.Token);
        using var owner = await Caller.SignInAsync(service.Address, SampleData.Operator, Password, "192.0.2.1", "Browser/1.0", default);
        var connections = (await owner.SendAsync(HttpMethod.Get, "api/connections", null, default)).GetProperty("items");
        Assert.Equal(6, connections.GetArrayLength());
        Assert.Contains(connections.EnumerateArray(), one => one.GetProperty("kind").GetString() == "s3");
        foreach (var (list, count) in ((string List, int Count)[])[("schedules", 2), ("templates", 1)])
        {
            var kept = await owner.SendAsync(HttpMethod.Get, $"api/{list}", null, default);
            Assert.Equal(count, kept.GetProperty("items").GetArrayLength());
        }

        Assert.Single(connections.EnumerateArray(), one => one.GetProperty("state").GetString() == "needs_sign_in");
        await Eventually.HoldsAsync(async () =>
        {
            var all = (await owner.SendAsync(HttpMethod.Get, "api/transfers?limit=50", null, default)).GetProperty("items");
            var states = all.EnumerateArray().Select(one => one.GetProperty("state").GetString()).ToHashSet();
            return states.IsSupersetOf(["running", "waiting", "paused", "done", "partly_done", "failed"]);
        });
        await using (var uploads = new RunningUploads(service.Address, people))
        {
            var running = uploads.RunAsync(stop.Token);
            await Eventually.HoldsAsync(async () =>
                (await client.GetAsync("/api/sessions?state=open,paused")).GetProperty("items").EnumerateArray()
                    .Count(one => one.GetProperty("receivedBytes").GetInt64() > 0) > 3);
            await stop.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => moving);
        }

        foreach (var person in people)
            person.Dispose();
    }
}
