using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Nodes;

/// <summary>Nodes that join, are refused, crash and return.</summary>
public sealed class NodeStartTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_dead_node_takes_only_its_bytes_with_it_and_brings_them_back()
    {
        await using var rig = await NodesRig.StartAsync(postgres, "a", "b");
        var (a, b) = (new TusClient(rig["a"].CreateClient()), new TusClient(rig["b"].CreateClient()));
        var bytes = TusClient.Bytes(3 << 20);
        var path = await a.NewAsync(bytes.Length);
        Assert.Equal(204, (await a.PatchAsync(path, 0, bytes[..(1 << 20)])).Status);
        Assert.Equal(204, (await b.PatchAsync(path, 1 << 20, bytes[(1 << 20)..(2 << 20)])).Status);
        var whole = await b.UploadAsync(bytes);

        await rig["b"].Kill9Async();
        // Nothing waits for the crashed node: the upload continues, and metadata is available.
        Assert.Equal(2 << 20, (await a.HeadAsync(path)).Offset);
        Assert.Equal(204, (await a.PatchAsync(path, 2 << 20, bytes[(2 << 20)..])).Status);
        foreach (var file in new[] { path, whole })
        {
            using var refused = await a.Http.GetAsync(new Uri($"/api/files/{file.Split('/')[^1]}/content", UriKind.Relative));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Equal("elsewhere", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
            var described = await a.Http.GetFromJsonAsync<JsonElement>($"/api/files/{file.Split('/')[^1]}");
            Assert.False(described.TryGetProperty("damagedAt", out _));
        }

        _ = await rig.StartAsync("b");
        await rig["a"].WaitForLineAsync("The node b at 127.0.0.1");
        foreach (var file in new[] { path, whole })
        {
            await Eventually.HoldsAsync(async () => (await a.ReadAsync(file)).Status == 200);
            Assert.Equal(TusClient.Sha256(bytes), TusClient.Sha256(await a.DownloadAsync(file)));
        }
    }

    [Fact]
    public async Task A_stopped_node_is_forgotten_and_joins_anew_with_its_files()
    {
        await using var rig = await NodesRig.StartAsync(postgres, "a", "b");
        var (a, b) = (new TusClient(rig["a"].CreateClient()), new TusClient(rig["b"].CreateClient()));
        var path = await b.UploadAsync(TusClient.Bytes(1000));
        Assert.Equal(0, await rig["b"].StopAsync());
        await rig["a"].WaitForLineAsync("was stopped: what lies in its store cannot be read until it runs");
        await using var forgotten = ServiceProcess.Launch(rig.Directory("a"), ["nodes", "forget", "b"], rig.Settings("a"));
        Assert.True(await forgotten.ExitCodeAsync() == 0, forgotten.Output);
        await using var listed = ServiceProcess.Launch(rig.Directory("a"), ["nodes", "list"], rig.Settings("a"));
        Assert.Equal(0, await listed.ExitCodeAsync());
        Assert.Contains("a     127.0.0.1:", listed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("b     127.0.0.1:", listed.Output, StringComparison.Ordinal);
        Assert.Equal(503, (await a.ReadAsync(path)).Status);

        _ = await rig.StartAsync("b");
        await Eventually.HoldsAsync(async () => (await a.ReadAsync(path)).Status == 200);
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_with_a_reason()
    {
        await using var rig = await NodesRig.StartAsync(postgres, "a");
        var path = await new TusClient(rig["a"].CreateClient()).UploadAsync(TusClient.Bytes(10));

        // An empty folder beside a ledger with files may be a missing mount.
        Assert.Contains("run add-volume", await NodesRig.RefusedAsync(rig.Directory("b"), rig.Settings("b")), StringComparison.Ordinal);
        await rig.AddAsync("b");

        var key = Path.Combine(rig.Directory("b"), "operator.key");
        File.Delete(key);
        var refused = await NodesRig.RefusedAsync(rig.Directory("b"), rig.Settings("b"));
        Assert.Contains("has no operator.key", refused, StringComparison.Ordinal);
        Assert.False(File.Exists(key));
        rig.CopySecrets("a", "b");

        var alone = rig.Settings("b");
        _ = alone.Remove("ChunkUpload__Cluster__Node");
        _ = alone.Remove("ChunkUpload__Cluster__Listen");
        foreach (var (settings, why) in new[]
        {
            (rig.Settings("a"), "Another data directory is the node a"),
            (rig.Settings("b", ("Uploads:MaxSize", "1MiB")), "Uploads:MaxSize has another value than on the node a"),
            (rig.Settings("b", ("Storage:Durability", "Relaxed")), "set Storage:Durability to Committed"),
            (alone, "Cluster:Node is not set here"),
        })
        {
            Assert.Contains(why, await NodesRig.RefusedAsync(rig.Directory("b"), settings), StringComparison.Ordinal);
        }

        // None of it has touched the node that runs.
        _ = await rig.StartAsync("b");
        Assert.Equal(10, (await new TusClient(rig["b"].CreateClient()).DownloadAsync(path)).Length);
    }

    [Fact]
    public async Task A_node_is_refused_beside_a_service_that_is_alone()
    {
        await using var rig = new NodesRig(await postgres.CreateDatabaseAsync());
        var alone = rig.Settings("a");
        _ = alone.Remove("ChunkUpload__Cluster__Node");
        _ = alone.Remove("ChunkUpload__Cluster__Listen");
        await using var first = await ServiceProcess.StartAsync(rig.Directory("a"), environment: alone);
        Assert.Contains(
            "Cluster:Node is not set there", await NodesRig.RefusedAsync(rig.Directory("b"), rig.Settings("b")), StringComparison.Ordinal);
    }
}
