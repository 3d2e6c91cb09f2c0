using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Nodes;

/// <summary>Nodes that only serve clients, and nodes that only work.</summary>
public sealed class WorkerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly Uri Files = new("/api/files", UriKind.Relative);

    [Fact]
    public async Task Work_waits_for_a_node_that_takes_it_and_that_node_serves_no_clients()
    {
        (string, string) reachable = ("Webhooks:AllowPrivateNetworks", "true");
        await using var hook = await HookReceiver.StartAsync();
        await using var rig = new NodesRig(await postgres.CreateDatabaseAsync());
        await rig.AddAsync("a");
        _ = await rig.StartAsync("a", ("Cluster:Roles", "Clients"), reachable);
        using var a = rig["a"].CreateClient();
        using (var made = await a.PostAsJsonAsync("/api/webhooks", new { url = hook.Url }))
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        _ = await new TusClient(a).UploadAsync(TusClient.Bytes(10));
        foreach (var job in (string[])["trim-history", "sweep-orphans"])
        {
            using var asked = await a.PostAsync(new Uri($"/api/jobs/{job}/run", UriKind.Relative), null);
            // The schedule may have begun it.
            Assert.True(
                asked.IsSuccessStatusCode || asked.StatusCode == HttpStatusCode.Conflict, await asked.Content.ReadAsStringAsync());
        }

        // The node of the clients queues the delivery, and runs the job of its disk and no other.
        await using var ledger = new NpgsqlConnection(rig.Database + ";Search Path=chunkupload,chunkupload_functions");
        await Eventually.HoldsAsync(async () => await RanAsync(ledger, "sweep-orphans%")
            && await ledger.ExecuteScalarAsync<bool>("select exists (select from work where kind = 'delivery')"));
        Assert.Empty(hook.Received);
        Assert.False(await RanAsync(ledger, "trim-history"));
        Assert.Contains("start another node with the verb worker", await WaitsAsync(a), StringComparison.Ordinal);
        await Eventually.HoldsAsync(async () =>
            (await a.GetFromJsonAsync<JsonElement>("/health/ready")).GetProperty("checks").TryGetProperty("work", out _));
        await using (var alone = ServiceProcess.Launch(rig.Directory("a"), ["nodes", "list"], rig.Settings("a")))
        {
            Assert.Equal(0, await alone.ExitCodeAsync());
            Assert.Contains("No node takes work", alone.Output, StringComparison.Ordinal);
        }

        await rig.AddAsync("w");
        _ = await rig.StartAsync("w", ("Cluster:Roles", "Work"), reachable);
        await Eventually.HoldsAsync(async () => hook.Received.Count > 0 && await RanAsync(ledger, "trim-history"));

        using var w = rig["w"].CreateClient();
        using var refused = await w.GetAsync(Files);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("serves no clients", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(503, (await new TusClient(w).CreateAsync(("Upload-Length", "5"))).Status);
        foreach (var path in (string[])["/health/live", "/health/ready", "/metrics"])
        {
            using var answered = await w.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        }

        await Eventually.HoldsAsync(async () =>
            (await a.GetFromJsonAsync<JsonElement>("/api/nodes")).GetProperty("items").EnumerateArray()
                .Select(node => $"{node.GetProperty("name")} {node.GetProperty("roles")}").SequenceEqual(["a clients", "w work"]));
        await using var listed = ServiceProcess.Launch(rig.Directory("a"), ["nodes", "list"], rig.Settings("a"));
        Assert.Equal(0, await listed.ExitCodeAsync());
        Assert.Matches("(?m)^w .* work ", listed.Output);
        Assert.DoesNotContain("No node takes work", listed.Output, StringComparison.Ordinal);
        Assert.Null(await WaitsAsync(a));

        using (var drained = await a.PostAsync(new Uri("/api/nodes/w/drain", UriKind.Relative), null))
            Assert.True(drained.IsSuccessStatusCode);
        Assert.Contains("take w back (nodes resume w)", await WaitsAsync(a), StringComparison.Ordinal);
    }

    private static async Task<string?> WaitsAsync(HttpClient client) =>
        (await client.GetFromJsonAsync<JsonElement>("/api/nodes")).GetProperty("waits").GetString();

    private static Task<bool> RanAsync(NpgsqlConnection ledger, string job) => ledger.ExecuteScalarAsync<bool>(
        "select exists (select from job_runs where job like @job and outcome = 'succeeded')", new { job });
}
