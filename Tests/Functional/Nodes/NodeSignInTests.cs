using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Nodes;

/// <summary>A sign-in by a code that one node follows at the provider, asked about and given up at another.</summary>
public sealed class NodeSignInTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private OneDriveRig _provider = null!;
    private NodesRig _rig = null!;
    private HttpClient _a = null!, _b = null!;

    private (string Name, string Value)[] Settings => [.. _provider.Settings.Select(one => (one.Key, one.Value))];

    public async Task InitializeAsync()
    {
        _provider = await OneDriveRig.StartAsync();
        _provider.Graph.Switches.Set("devicePollSeconds", 1);
        _rig = await NodesRig.StartAsync(postgres, Settings, "a", "b");
        (_a, _b) = (_rig["a"].CreateClient(), _rig["b"].CreateClient());
    }

    public async Task DisposeAsync()
    {
        _a.Dispose();
        _b.Dispose();
        await _rig.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task A_code_that_was_begun_at_one_node_is_followed_and_given_up_at_the_other()
    {
        var begun = await BeginAsync();
        Assert.Equal("pending", await StateAsync(_b, begun));
        await EnterAsync(begun);
        await Eventually.HoldsAsync(async () => await StateAsync(_b, begun) == "done");
        Assert.Equal(1, await CountAsync());

        // The node that asks the provider hears that it is given up before it keeps anything.
        var other = await BeginAsync();
        using var cancelled = await _b.DeleteAsync(AddressOf(other));
        Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
        foreach (var node in new[] { _a, _b })
        {
            using var gone = await node.GetAsync(AddressOf(other));
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }

        // One that its node can no longer follow is gone, too.
        var last = await BeginAsync();
        await _rig["a"].Kill9Async();
        _ = await _rig.StartAsync("a", Settings);
        using var ended = await _b.GetAsync(AddressOf(last));
        Assert.Equal(HttpStatusCode.NotFound, ended.StatusCode);
    }

    private static Uri AddressOf(JsonElement begun) =>
        new($"/api/connections/sign-ins/{begun.GetProperty("id").GetString()}", UriKind.Relative);

    private async Task<JsonElement> BeginAsync()
    {
        using var answer = await _a.PostAsJsonAsync("/api/connections/authorize", new { kind = "onedrive", way = "device" });
        return await TransferRig.ReadAsync(answer, 200);
    }

    private static async Task<string?> StateAsync(HttpClient node, JsonElement begun)
    {
        using var answer = await node.GetAsync(AddressOf(begun));
        return (await TransferRig.ReadAsync(answer, 200)).GetProperty("state").GetString();
    }

    private static async Task EnterAsync(JsonElement begun)
    {
        using var person = new HttpClient();
        using var answer = await person.PostAsync(
            begun.GetProperty("address").GetString(), new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["user_code"] = begun.GetProperty("userCode").GetString()!,
                ["account"] = OneDriveRig.Ann,
                ["decision"] = "allow",
            }));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<int> CountAsync() =>
        (await _b.GetFromJsonAsync<JsonElement>("/api/connections")).GetProperty("items").GetArrayLength();
}
