using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Nodes;

/// <summary>What operators read of the nodes under "What happened".</summary>
public sealed class NodeEventsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Nodes_that_join_go_and_come_back_are_recorded_once()
    {
        // Two nodes stay, and both see what the third one does.
        await using var rig = await NodesRig.StartAsync(postgres, "a", "b", "c");
        using var a = rig["a"].CreateClient();
        var expected = new List<string> { "node.joined a", "node.joined b", "node.joined c" };
        await HappenedAsync(a, expected);

        await rig["c"].Kill9Async();
        await HappenedAsync(a, expected, "node.silent c");
        await rig["c"].DisposeAsync();
        _ = await rig.StartAsync("c");
        await HappenedAsync(a, expected, "node.returned c");

        await rig["c"].StopAsync();
        await HappenedAsync(a, expected, "node.stopped c");
        using (var forgotten = await a.DeleteAsync(new Uri("/api/nodes/c", UriKind.Relative)))
            Assert.True(forgotten.IsSuccessStatusCode);
        await HappenedAsync(a, expected, "node.forgotten c");
        await rig["c"].DisposeAsync();
        _ = await rig.StartAsync("c");
        await HappenedAsync(a, expected, "node.joined c");
    }

    private static async Task HappenedAsync(HttpClient client, List<string> expected, params string[] more)
    {
        expected.AddRange(more);
        List<string> found = [];
        await Eventually.HoldsAsync(async () =>
        {
            var page = await client.GetFromJsonAsync<JsonElement>("/api/audit?kind=node&limit=100");
            found = [.. page.GetProperty("items").EnumerateArray()
                .Select(row => $"{row.GetProperty("kind").GetString()} {row.GetProperty("target").GetString()}").Reverse()];
            return found.Count >= expected.Count;
        });
        Assert.Equal(expected, found);
    }
}
