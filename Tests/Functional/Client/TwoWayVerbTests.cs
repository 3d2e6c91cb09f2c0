using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu sync --two-way and cu conflicts as programs: what they print, their exit codes, and the duty of the agent.</summary>
[Collection(DeviceCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class TwoWayVerbTests(ApiFixture fixture) : IAsyncLifetime
{
    private readonly TestService _service = fixture.Service;
    private readonly AgentRig _rig = new(fixture.Service);
    private readonly string _place = $"verb-{Guid.NewGuid():n}";

    private string[] Once => ["sync", "work", $":{_place}", "--two-way", "--once", "--rest", "1s"];

    public Task InitializeAsync()
    {
        _ = Directory.CreateDirectory(_rig.Machine.At("work"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Conflicts_and_removals_are_listed_and_decided()
    {
        for (var number = 0; number < 5; number++)
            Write($"{number}.txt", $"{number}");
        var output = await RunAsync(0, [.. Once, "--json"]);
        Assert.Contains("\"path\":\"0.txt\",\"state\":\"sent\",\"side\":\"service\"", output, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"in_step\"", output, StringComparison.Ordinal);
        Assert.Equal("", await RunAsync(0, "conflicts", "work"));

        // 1. A conflict: the exit code says that a decision is needed.
        Write("0.txt", "changed here");
        await PutAsync("0.txt", "there");
        output = await RunAsync(16, Once);
        Assert.Contains("changed on both sides", output, StringComparison.Ordinal);
        var conflict = Json(await RunAsync(0, "conflicts", "work", "--json"));
        Assert.Equal(("0.txt", 12, 5), (
            conflict.GetProperty("path").GetString(), conflict.GetProperty("left").GetProperty("size").GetInt32(),
            conflict.GetProperty("right").GetProperty("size").GetInt32()));
        var id = conflict.GetProperty("id").GetString()!;
        _ = await RunAsync(2, "conflicts", "decide", id, "mine");
        _ = await RunAsync(11, "conflicts", "decide", "0123456789", "left");
        _ = await RunAsync(0, "conflicts", "decide", id, "right");
        _ = await RunAsync(0, Once);
        Assert.Equal("there", await File.ReadAllTextAsync(At("0.txt")));
        Assert.Contains($"take-back {id}", await RunAsync(0, "conflicts", "work", "--decided"), StringComparison.Ordinal);
        _ = await RunAsync(0, "conflicts", "take-back", id);
        _ = await RunAsync(0, Once);
        Assert.Equal("changed here", await _service.Client.GetStringAsync(Uri("0.txt")));

        // 2. The brake.
        File.Delete(At("1.txt"));
        File.Delete(At("2.txt"));
        Assert.Contains("2 removals wait for you", await RunAsync(16, Once), StringComparison.Ordinal);
        Assert.Contains("1.txt", await RunAsync(0, "conflicts", "work"), StringComparison.Ordinal);
        _ = await RunAsync(0, [.. Once, "--approve"]);
        Assert.False((await _service.Client.GetAsync(Uri("1.txt"))).IsSuccessStatusCode);
        _ = await RunAsync(11, "conflicts", "approve", "work");

        // 3. A side that is not available.
        File.Delete(At(".chunkupload-sync"));
        Assert.Contains("away", await RunAsync(17, Once), StringComparison.Ordinal);
        Assert.True((await _service.Client.GetAsync(Uri("3.txt"))).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_what_makes_no_sense_is_refused()
    {
        Write("a.txt", "a");
        Assert.Contains("would be sent a.txt", await RunAsync(0, [.. Once, "--dry-run"]), StringComparison.Ordinal);
        Assert.False((await _service.Client.GetAsync(Uri("a.txt"))).IsSuccessStatusCode);
        // Not even the marker; the next run begins as if there had been none.
        Assert.Equal(["a.txt"], Directory.GetFileSystemEntries(At("")).Select(Path.GetFileName));
        Assert.Contains("would be sent a.txt", await RunAsync(0, [.. Once, "--dry-run"]), StringComparison.Ordinal);
        _ = await RunAsync(0, Once);
        Assert.True((await _service.Client.GetAsync(Uri("a.txt"))).IsSuccessStatusCode);
        _ = await RunAsync(2, "sync", "work", $":{_place}", "--once");
        _ = await RunAsync(2, [.. Once, "--conflict", "mine"]);
        _ = await RunAsync(2, [.. Once, "--delete-extra"]);
        _ = await RunAsync(2, [.. Once, "--dry-run", "--approve"]);
        _ = await RunAsync(9, "sync", "missing", $":{_place}", "--two-way", "--once");
    }

    [Fact]
    public async Task The_agent_keeps_a_pair_in_step_and_decides_when_a_person_has_answered()
    {
        await _rig.StartAsync();
        _ = await RunAsync(0, "sync", "work", $":{_place}", "--two-way", "--rest", "1s", "--background");
        Write("a.txt", "a");
        await Eventually.HoldsAsync(async () => (await _service.Client.GetAsync(Uri("a.txt"))).IsSuccessStatusCode);
        await PutAsync("b.txt", "b");
        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(At("b.txt"))));
        await _rig.KillAsync();
        Write("b.txt", "changed here");
        await PutAsync("b.txt", "changed there");
        await PutAsync("c.txt", "c");
        await _rig.StartAsync();
        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(At("c.txt"))));
        await Eventually.HoldsAsync(async () => (await RunAsync(0, "conflicts", "work")).Length > 0);
        Assert.Contains("needs you: 1 conflict ", await RunAsync(0, "agent", "duties"), StringComparison.Ordinal);
        _ = await RunAsync(0, "conflicts", "decide", "all", "left");
        await Eventually.HoldsAsync(async () => await _service.Client.GetStringAsync(Uri("b.txt")) == "changed here");
        // The pair is held by the agent.
        _ = await RunAsync(9, Once);
    }

    private string At(string path) => _rig.Machine.At($"work/{path}");

    private Uri Uri(string path) => new($"/api/tree/{_place}/{path}", UriKind.Relative);

    private void Write(string path, string text) => File.WriteAllText(At(path), text);

    private async Task PutAsync(string path, string text)
    {
        using var content = new StringContent(text);
        using var answer = await _service.Client.PutAsync(new Uri($"{Uri(path)}?parents=true", UriKind.Relative), content);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private async Task<string> RunAsync(int code, params string[] arguments)
    {
        var (ended, output, errors) = await _rig.CuAsync(_service.Address, arguments);
        Assert.True(ended == code, $"{string.Join(' ', arguments)}: {ended}\n{output}\n{errors}");
        return output;
    }

    private static JsonElement Json(string output) => ClientRig.Line(output);
}
