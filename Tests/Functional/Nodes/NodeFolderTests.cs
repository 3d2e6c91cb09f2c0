using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Nodes;

/// <summary>Folders of one node's machine (<c>Connections:Folders</c>) are used at every node. That node does their work.</summary>
public sealed class NodeFolderTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly TempFolder _disk = new TempFolder().Passable();

    private string Photos => Path.Combine(_disk.Path, "photos");

    private (string, string) Folder => ("Connections:Folders", $"Photos|{Photos}|both|operator");

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task A_folder_of_one_node_is_used_at_another_one()
    {
        Write("beach/a.jpg", "first");
        Write("beach/b.jpg", "second");
        await using var rig = await StartAsync();
        using var a = rig["a"].CreateClient();
        var photos = await FolderAsync(a);
        Assert.Equal("b", photos.GetProperty("node").GetString());
        Assert.Equal(JsonValueKind.Null, photos.GetProperty("error").ValueKind);
        var id = photos.GetProperty("id").GetString()!;

        // Node b lists the folder and checks the caller's rights.
        Assert.Equal(["beach"], await ItemsAsync(a, id, "."));
        Assert.Equal(["a.jpg", "b.jpg"], await ItemsAsync(a, id, "beach"));
        using (var refused = await a.GetAsync(new Uri($"/api/connections/{id}/items?folder=beach&more=1", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        using (var stranger = new HttpClient { BaseAddress = a.BaseAddress })
        using (var refused = await stranger.GetAsync(new Uri($"/api/connections/{id}/items", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using (var tested = await a.PostAsync(new Uri($"/api/connections/{id}/test", UriKind.Relative), null))
            Assert.Equal(HttpStatusCode.OK, tested.StatusCode);

        // In and out. Both nodes take work, and only one reaches the folder.
        for (var round = 0; round < 3; round++)
        {
            var into = await OneDriveRig.MakeFolderAsync(a, $"in{round}");
            await DoneAsync(a, await TransferAsync(a, id, "beach", null, into));
            Assert.Equal("second", await a.GetStringAsync(new Uri($"/api/tree/in{round}/beach/b.jpg", UriKind.Relative)));
            await DoneAsync(a, await TransferAsync(a, null, into, id, "."));
            Assert.Equal("first", await File.ReadAllTextAsync(Path.Combine(Photos, $"in{round}", "beach", "a.jpg")));
        }

        // A pair of folders, which follows changes on both sides.
        using var made = await a.PostAsJsonAsync(new Uri("/api/syncs", UriKind.Relative), new
        {
            title = "Photos",
            left = new { connection = id, folder = "beach" },
            right = new { connection = (string?)null, folder = await OneDriveRig.MakeFolderAsync(a, "pair") },
            way = "both",
        });
        var pair = (await TransferRig.ReadAsync(made, 201)).GetProperty("id").GetString()!;
        await Eventually.HoldsAsync(async () => (await PairAsync(a, pair)).GetProperty("state").GetString() == "in_step");
        Write("beach/c.jpg", "third");
        await Eventually.HoldsAsync(async () => await TextAsync(a, "/api/tree/pair/c.jpg") == "third");

        // Its node is drained: it answers, and its work waits and says so.
        await CommandAsync(a, HttpMethod.Post, "/api/nodes/b/drain");
        await Eventually.HoldsAsync(async () =>
            (await FolderAsync(a)).GetProperty("error").GetString()
                == "The folder Photos is on the machine of the node b, which is drained.");
        // With the marker of the pair.
        Assert.Equal([".chunkupload-sync", "a.jpg", "b.jpg", "c.jpg"], await ItemsAsync(a, id, "beach"));
        var waiting = await TransferAsync(a, id, "beach", null, await OneDriveRig.MakeFolderAsync(a, "later"));
        var seen = await TransferRig.GetAsync(a, waiting);
        Assert.Equal("waiting node", $"{seen.GetProperty("state")} {seen.GetProperty("wait").GetProperty("reason")}");
        Assert.Equal(
            "The folder Photos is on the machine of the node b, which is drained.", seen.GetProperty("reason").GetString());

        // Node b is gone: requests about the folder are refused, and its work waits until b is back.
        await rig["b"].Kill9Async();
        await Eventually.HoldsAsync(async () => (await PairAsync(a, pair)).GetProperty("reason").GetString()
            == "The folder Photos is on the machine of the node b, which does not run.");
        Assert.Equal("node", (await PairAsync(a, pair)).GetProperty("wait").GetString());
        using (var refused = await a.GetAsync(new Uri($"/api/connections/{id}/items", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("the node b, which does not answer", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await rig["b"].DisposeAsync();
        _ = await rig.StartAsync("b", Folder);
        await DoneAsync(a, waiting);
        await Eventually.HoldsAsync(async () => (await PairAsync(a, pair)).GetProperty("state").GetString() == "in_step");
    }

    [Fact]
    public async Task A_folder_that_moves_to_another_machine_takes_its_work_along()
    {
        Write("beach/a.jpg", "first");
        // Its node need not serve clients.
        await using var rig = await StartAsync("Work");
        using var a = rig["a"].CreateClient();
        var id = (await FolderAsync(a)).GetProperty("id").GetString()!;
        Assert.Equal(["a.jpg"], await ItemsAsync(a, id, "beach"));
        await CommandAsync(a, HttpMethod.Post, "/api/nodes/b/drain");
        var waiting = await TransferAsync(a, id, "beach", null, await OneDriveRig.MakeFolderAsync(a, "later"));

        // While it runs, no other node may have a folder of this name; nor may one that takes no work have any.
        var refused = await RefusedAsync(rig, Folder);
        Assert.Contains(
            "Connections:Folders names Photos, which is the name of a folder of the node b, too", refused, StringComparison.Ordinal);
        refused = await RefusedAsync(rig, ("Connections:Folders", $"Other|{Photos}|read|operator"), ("Cluster:Roles", "Clients"));
        Assert.Contains("only a node that takes work can reach the folders of its machine", refused, StringComparison.Ordinal);

        await rig["b"].StopAsync();
        _ = await rig.StartAsync("a", Folder);
        using var moved = rig["a"].CreateClient();
        await DoneAsync(moved, waiting);
        Assert.Equal("first", await moved.GetStringAsync(new Uri("/api/tree/later/beach/a.jpg", UriKind.Relative)));
    }

    [Fact]
    public async Task Folders_of_two_nodes_are_no_transfer()
    {
        Write("a.jpg", "first");
        var other = Path.Combine(_disk.Path, "other");
        Directory.CreateDirectory(other);
        await using var rig = new NodesRig(await postgres.CreateDatabaseAsync());
        await rig.AddAsync("a");
        _ = await rig.StartAsync("a", ("Connections:Folders", $"Other|{other}|both|everyone"), ("Access:Mode", "Open"));
        await rig.AddAsync("b");
        _ = await rig.StartAsync("b", ("Connections:Folders", $"Photos|{Photos}|both|everyone"), ("Access:Mode", "Open"));
        await rig["a"].WaitForLineAsync("The node b at 127.0.0.1");
        // A client without a key is served only if the Host header reaches node b unchanged.
        using var a = new HttpClient { BaseAddress = rig["a"].Address };
        await Eventually.HoldsAsync(async () => await FindAsync(a, "Photos") is not null);
        var from = (await FindAsync(a, "Photos"))!.Value.GetProperty("id").GetString();
        var to = (await FindAsync(a, "Other"))!.Value.GetProperty("id").GetString();
        await Eventually.HoldsAsync(async () =>
        {
            using var b = new HttpClient { BaseAddress = rig["b"].Address };
            return await FindAsync(b, "Other") is not null;
        });
        Assert.Equal(["a.jpg"], await ItemsAsync(a, from!, "."));
        using var refused = await a.PostAsJsonAsync(
            new Uri("/api/transfers", UriKind.Relative),
            new { source = new { connection = from, items = new[] { "a.jpg" } }, destination = new { connection = to, folder = "." } });
        Assert.Contains("Copy by way of files of this service", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(refused.IsSuccessStatusCode);
    }

    private async Task<NodesRig> StartAsync(string roles = "All")
    {
        var rig = new NodesRig(await postgres.CreateDatabaseAsync());
        await rig.AddAsync("a");
        _ = await rig.StartAsync("a");
        await rig.AddAsync("b");
        _ = await rig.StartAsync("b", Folder, ("Cluster:Roles", roles));
        using var a = rig["a"].CreateClient();
        await Eventually.HoldsAsync(async () => await FindAsync(a, "Photos") is not null);
        return rig;
    }

    private static async Task<string> RefusedAsync(NodesRig rig, params (string, string)[] settings)
    {
        await rig["a"].StopAsync();
        return await NodesRig.RefusedAsync(rig.Directory("a"), rig.Settings("a", settings));
    }

    private static async Task<JsonElement?> FindAsync(HttpClient client, string title)
    {
        var list = await client.GetFromJsonAsync<JsonElement>("/api/connections");
        return list.GetProperty("items").EnumerateArray().Where(one => one.GetProperty("title").GetString() == title)
            .Select(one => (JsonElement?)one).SingleOrDefault();
    }

    private static async Task<JsonElement> FolderAsync(HttpClient client) => (await FindAsync(client, "Photos"))!.Value;

    private static async Task<List<string>> ItemsAsync(HttpClient client, string connection, string folder)
    {
        var page = await client.GetFromJsonAsync<JsonElement>($"/api/connections/{connection}/items?folder={folder}");
        return [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()!).Order()];
    }

    private static async Task<string> TransferAsync(HttpClient client, string? from, string item, string? to, string folder)
    {
        using var answer = await client.PostAsJsonAsync(
            new Uri("/api/transfers", UriKind.Relative),
            new { source = new { connection = from, items = new[] { item } }, destination = new { connection = to, folder } });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private static async Task DoneAsync(HttpClient client, string transfer)
    {
        var ended = await TransferRig.UntilAsync(client, transfer, "done", "failed", "partly_done");
        Assert.Equal("done", ended.GetProperty("state").GetString());
    }

    private static Task<JsonElement> PairAsync(HttpClient client, string pair) =>
        client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}");

    private static async Task<string?> TextAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : null;
    }

    private static async Task CommandAsync(HttpClient client, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var answer = await client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(Photos, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, Encoding.UTF8.GetBytes(text));
    }
}
