using System.Net;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Graph;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>The change feed: pages, tokens, deletions, and the instruction to start again.</summary>
public sealed class GraphFeedTests : IAsyncLifetime
{
    private GraphRig _rig = null!;

    public async Task InitializeAsync() => _rig = await GraphRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task First_round_has_pages_and_misses_nothing_that_changes_meanwhile()
    {
        foreach (var number in Enumerable.Range(0, 4))
            await _rig.PutAsync($"F/{number}.txt", [1]);
        _rig.Host.Switches.Set(GraphSwitches.PageSize, 3L);
        var first = await _rig.GetAsync("/me/drive/root/delta");
        Assert.Equal(["root", "F", "0.txt"], Names(first));
        Assert.Null(first["value"]![2]!["parentReference"]!["path"]);
        using var deleted = await _rig.CallAsync(HttpMethod.Delete, "/me/drive/root:/F/0.txt");
        await _rig.PutAsync("F/late.txt", [1]);
        var second = await _rig.GetAsync((string)first["@odata.nextLink"]!);
        Assert.Equal(["1.txt", "2.txt", "3.txt"], Names(second));
        var third = await _rig.GetAsync((string)second["@odata.nextLink"]!);
        Assert.Equal(["late.txt"], Names(third));
        var seen = await RestAsync((string)third["@odata.deltaLink"]!);
        Assert.Contains(seen, item => item["deleted"] is not null && (string?)item["id"] == (string?)first["value"]![2]!["id"]);
        Assert.Contains(seen, item => (string?)item["name"] == "late.txt");
    }

    [Fact]
    public async Task Latest_token_and_on_drives_of_organizations_a_time_begin_without_what_was_before()
    {
        await _rig.PutAsync("old.txt", [1]);
        var latest = await _rig.GetAsync("/me/drive/root/delta?token=latest");
        Assert.Empty(latest["value"]!.AsArray());
        _rig.Host.Clock.Advance(TimeSpan.FromHours(1));
        var time = GraphView.Time(_rig.Host.Clock.GetUtcNow());
        await _rig.PutAsync("new.txt", [1]);
        Assert.Equal(["root", "new.txt"], Names(await _rig.GetAsync((string)latest["@odata.deltaLink"]!)));
        Assert.Equal(["root", "new.txt"], Names(await _rig.GetAsync($"/me/drive/root/delta(token='{time}')")));
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Get, $"/me/drive/root/delta?token={time}", token: GraphRig.Ben), 400, "invalidRequest");
    }

    [Fact]
    public async Task Feed_of_a_folder_has_only_what_is_below_it()
    {
        await _rig.PutAsync("F/in.txt", [1]);
        await _rig.PutAsync("out.txt", [1]);
        Assert.Equal(["F", "in.txt"], Names(await _rig.GetAsync("/me/drive/root:/F:/delta")));
    }

    [Theory]
    [InlineData("resyncChangesApplyDifferences")]
    [InlineData("resyncChangesUploadDifferences")]
    public async Task Old_token_is_refused_with_the_address_of_a_new_round(string code)
    {
        await _rig.PutAsync("a.txt", [1]);
        var old = (string)(await _rig.GetAsync("/me/drive/root/delta"))["@odata.deltaLink"]!;
        _rig.Host.Switches.Set(GraphSwitches.DeltaResync, code);
        using var gone = await _rig.CallAsync(HttpMethod.Get, old);
        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
        Assert.Equal(code, (string?)JsonNode.Parse(await gone.Content.ReadAsStringAsync())!["error"]!["code"]);
        var again = await _rig.GetAsync(gone.Headers.Location!.ToString());
        Assert.Equal(["root", "a.txt"], Names(again));
        Assert.Empty((await _rig.GetAsync((string)again["@odata.deltaLink"]!))["value"]!.AsArray());
    }

    [Fact]
    public async Task Unknown_token_is_gone() => await GraphRig.RefusedAsync(
        await _rig.CallAsync(HttpMethod.Get, "/me/drive/root/delta?token=nonsense"), 410, "resyncRequired", "syncStateNotFound");

    private static IEnumerable<string?> Names(JsonNode page) => page["value"]!.AsArray().Select(item => (string?)item!["name"]);

    private async Task<List<JsonNode>> RestAsync(string link)
    {
        var items = new List<JsonNode>();
        while (true)
        {
            var page = await _rig.GetAsync(link);
            items.AddRange(page["value"]!.AsArray().Select(item => item!));
            if ((string?)page["@odata.nextLink"] is not { } next)
                return items;
            link = next;
        }
    }
}
