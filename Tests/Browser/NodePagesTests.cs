using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Nodes;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The Nodes page in Chromium: a service that runs alone, and two nodes that share a ledger.</summary>
public sealed class NodePagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [ConsoleFact]
    public async Task A_service_that_runs_alone_is_one_node_and_tells_how_to_add_another()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("nodesAlone", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(0, result.GetProperty("buttons").GetInt32());
        Assert.StartsWith("This service runs alone.", result.GetProperty("told").GetString(), StringComparison.Ordinal);
        Assert.Contains("of ", result.GetProperty("free").GetString(), StringComparison.Ordinal);
        Assert.Contains(service.DataDirectory, result.GetProperty("room").GetString(), StringComparison.Ordinal);
        Assert.Equal("Several nodes", result.GetProperty("title").GetString());
    }

    [ConsoleFact]
    public async Task Every_state_of_a_node_and_of_a_store_has_its_words_and_the_sums_count_what_is_known()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using var browser = ConsoleRig.Start("nodesStates", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(
            ["4 of 6|1 draining, 1 silent, 1 stopped", "45", "384\u00a0MiB/s", "12", "62.0\u00a0GiB|of 160\u00a0GiB"],
            Lines(result.GetProperty("tiles").EnumerateArray()));
        Assert.Equal(["n2", "n3", "n4", "n5", "n6", "n10"],
            result.GetProperty("order").EnumerateArray().Select(name => name.GetString()));
        AssertHas(result.GetProperty("nodes"), "here", "serves this page", "heartbeat ", "59\u00a0%", "runs for 2\u00a0h", "Drain");
        AssertHas(result.GetProperty("nodes"), "draining", "by mara", "25\u00a0%", "Take it back");
        AssertHas(result.GetProperty("nodes"), "silent", "no heartbeat for 2\u00a0min", "Forget…");
        AssertHas(result.GetProperty("stores"), "well", "10.0 of\u00a040.0\u00a0GiB", "30.0\u00a0GiB free", "Healthy");
        AssertHas(result.GetProperty("stores"), "away", "Not known", "Unreachable", "the node is silent");
        AssertHas(result.GetProperty("stores"), "full", "Nearly full", "5\u00a0% free");
        AssertHas(result.GetProperty("stores"), "partly",
            "uploads/main at s3.example", "Partly", "n5 cannot use it: Connection refused (s3.example:443).");
        AssertHas(result.GetProperty("stores"), "gone",
            "Unusable", "Connection refused (s3.example:443).",
            "Files in it cannot be read now; nodes that receive into it take no uploads.");
        AssertHas(result.GetProperty("stores"), "answers", "Bucket", "Answers");
        AssertHas(result.GetProperty("stores"), "bad", "full", "Takes no bytes", "The disk is full: free 3 GiB, then it continues.");
        Assert.True(result.GetProperty("kept").GetBoolean());
    }

    [ConsoleFact]
    public async Task A_node_is_drained_and_taken_back_and_one_that_was_killed_is_forgotten_until_it_joins_anew()
    {
        await using var rig = await NodesRig.StartAsync(postgres, "a", "b");
        using var a = rig["a"].CreateClient();
        using var b = rig["b"].CreateClient();
        using var browser = ConsoleRig.Start("nodes", rig["a"].Address, rig["a"].Key);
        await ConsoleRig.AtAsync(browser, "drained", () => ReadyAsync(b, HttpStatusCode.ServiceUnavailable));
        await ConsoleRig.AtAsync(browser, "back", () => ReadyAsync(b, HttpStatusCode.OK));
        await ConsoleRig.AtAsync(browser, "kill", () => rig["b"].Kill9Async());
        await ConsoleRig.AtAsync(browser, "start", async () =>
        {
            var left = await a.GetFromJsonAsync<JsonElement>(ApiClient.At("/api/nodes"));
            Assert.Equal("a", Assert.Single(left.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
            await rig["b"].DisposeAsync();
            _ = await rig.StartAsync("b");
        });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("a", result.GetProperty("here").GetString());
        AssertHas(result, "refused", "The node b was not changed.", "node_runs");
        AssertHas(result, "asked", "Forget the node b?", "Its bytes stay unreachable until it comes back under its data directory");
        Assert.True(result.GetProperty("loadedOnce").GetBoolean());
    }

    private static Task ReadyAsync(HttpClient node, HttpStatusCode expected) => Eventually.HoldsAsync(async () =>
    {
        using var answer = await node.GetAsync(ApiClient.At("/health/ready"));
        return answer.StatusCode == expected;
    });

    private static IEnumerable<string> Lines(IEnumerable<JsonElement> texts) => texts.Select(text => string.Join(
        '|', text.GetString()!.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));

    private static void AssertHas(JsonElement result, string name, params string[] words)
    {
        var text = result.GetProperty(name).GetString();
        Assert.All(words, word => Assert.Contains(word, text, StringComparison.Ordinal));
    }
}
