using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Infrastructure.Connectors.Folders;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Pairs of folders that are kept in sync, between the service's own files and folders of its machine.</summary>
public sealed partial class SyncTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime, IDisposable
{
    private readonly TempFolder _disk = new();
    private TestService _service = null!;

    private HttpClient Client => _service.Client;

    private string Disk => Path.Combine(_disk.Path, "disk");

    private string Kept => Path.Combine(Disk, ".chunkupload-kept");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Disk);
        Directory.CreateDirectory(Path.Combine(_disk.Path, "read"));
        _service = await TestService.StartAsync(
            postgres,
            new Dictionary<string, string>
            {
                ["Transfers:FirstPause"] = "00:00:00.020",
                ["Transfers:LongestPause"] = "00:00:00.200",
                ["Connections:Folders"] = $"Disk|{Disk}|both|operator,Read|{Path.Combine(_disk.Path, "read")}|read|operator",
            },
            services => services.AddSingleton(new FolderCalls(Syscalls.Real, null)));
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task A_folder_of_the_machine_follows_a_folder_of_the_service()
    {
        await TransferRig.PutAsync(Client, "tree/a.txt", [1]);
        await TransferRig.PutAsync(Client, "tree/inner/b.txt", [2, 2]);
        await TransferRig.PutAsync(Client, "tree/Thumbs.db", [9]);
        await TransferRig.PutAsync(Client, "tree/old/c.txt", [3, 3, 3]);
        await TransferRig.PutAsync(Client, "tree/d.txt", [4]);
        await TransferRig.PutAsync(Client, "tree/e.txt", [5]);
        Write("only-here.txt", [7]);
        Write("d.txt", [4]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "tree"), await ConnectionAsync("Disk"), ".");
        await UntilAsync(pair, "in_step");
        Assert.Equal(
            [("a.txt", "01"), ("d.txt", "04"), ("e.txt", "05"), ("inner/b.txt", "0202"), ("old/c.txt", "030303"), ("only-here.txt", "07")],
            Files());
        Assert.Equal(1, (await GetAsync(pair)).GetProperty("leftOut").GetInt32());
        // The second of two equal files was not copied.
        Assert.DoesNotContain(await EventsAsync(pair), one => one is ("copied", "d.txt"));

        // A change, a move with its file, and a removal.
        using (var changed = await Client.PutAsync("/api/tree/tree/a.txt?conflict=replace", new ByteArrayContent([1, 1])))
            Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
        using (var moved = await Client.PatchAsJsonAsync(
            $"/api/entries/{await FileAsync("tree/old/c.txt")}", new { path = "tree/new.txt" }))
        {
            Assert.True(moved.IsSuccessStatusCode, await moved.Content.ReadAsStringAsync());
        }

        using (var gone = await Client.DeleteAsync("/api/tree/tree/e.txt"))
            Assert.True(gone.IsSuccessStatusCode);
        await UntilAsync(pair, "in_step", () => !File.Exists(Path.Combine(Disk, "e.txt")));
        Assert.Equal(
            [("a.txt", "0101"), ("d.txt", "04"), ("inner/b.txt", "0202"), ("new.txt", "030303"), ("only-here.txt", "07")], Files());
        var events = await EventsAsync(pair);
        Assert.Contains(("moved", "new.txt"), events);
        Assert.DoesNotContain(("copied", "new.txt"), events);
        Assert.Contains(("removed", "e.txt"), events);
        // Replaced and removed files are kept.
        Assert.Equal(["a.txt 01", "e.txt 05"], KeptFiles());

        using var ended = await Client.DeleteAsync($"/api/syncs/{pair}");
        Assert.Equal(204, (int)ended.StatusCode);
        Assert.True(File.Exists(Path.Combine(Disk, "a.txt")));
    }

    [Fact]
    public async Task Many_removals_and_a_folder_that_is_not_there_remove_nothing()
    {
        for (var number = 0; number < 8; number++)
            Write($"in/{number}.txt", [(byte)number]);
        var into = await OneDriveRig.MakeFolderAsync(Client, "target");
        var pair = await AddAsync(await ConnectionAsync("Disk"), "in", null, into);
        await UntilAsync(pair, "in_step");
        Assert.Equal(8, (await OneDriveRig.OwnFilesAsync(Client, "target")).Count);

        // 1. The disk is not mounted: its mount point is there and empty.
        Directory.Move(Path.Combine(Disk, "in"), Path.Combine(_disk.Path, "unmounted"));
        Directory.CreateDirectory(Path.Combine(Disk, "in"));
        await RunAsync(pair);
        var waiting = await UntilAsync(pair, "waiting");
        Assert.Contains(".chunkupload-sync", waiting.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(Disk, "in"));
        Directory.Move(Path.Combine(_disk.Path, "unmounted"), Path.Combine(Disk, "in"));

        // 2. Three of eight are more than a quarter.
        for (var number = 0; number < 3; number++)
            File.Delete(Path.Combine(Disk, "in", $"{number}.txt"));
        await RunAsync(pair);
        var asked = await UntilAsync(pair, "needs_you");
        var question = asked.GetProperty("question");
        Assert.Equal(3, question.GetProperty("removals").GetInt32());
        Assert.Equal(8, (await OneDriveRig.OwnFilesAsync(Client, "target")).Count);
        using (var other = await PostAsync($"/api/syncs/{pair}/approve", new { digest = new string('0', 64), answer = "apply" }))
            Assert.Equal("sync_question_changed", (await TransferRig.ReadAsync(other, 409)).GetProperty("code").GetString());

        // 3. An answer counts for what was shown: one more removal is asked about again.
        File.Delete(Path.Combine(Disk, "in", "3.txt"));
        await AnswerAsync(pair, question, "apply");
        await UntilAsync(pair, "needs_you", now => now.GetProperty("question").GetProperty("removals").GetInt32() == 4);
        Assert.Equal(8, (await OneDriveRig.OwnFilesAsync(Client, "target")).Count);
        await AnswerAsync(pair, (await GetAsync(pair)).GetProperty("question"), "apply");
        await UntilAsync(pair, "in_step");
        Assert.Equal(4, (await OneDriveRig.OwnFilesAsync(Client, "target")).Count);
        var trash = await Client.GetFromJsonAsync<JsonElement>("/api/trash");
        Assert.True(trash.GetProperty("items").GetArrayLength() >= 4);
    }

    [Fact]
    public async Task What_was_changed_at_the_destination_is_asked_about_once()
    {
        await TransferRig.PutAsync(Client, "from/a.txt", [1]);
        await TransferRig.PutAsync(Client, "from/b.txt", [2]);
        await TransferRig.PutAsync(Client, "from/c.txt", [3]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "from"), await ConnectionAsync("Disk"), ".");
        await UntilAsync(pair, "in_step");
        Write("a.txt", [1, 7]);
        File.Delete(Path.Combine(Disk, "b.txt"));
        await RunAsync(pair);
        var asked = await UntilAsync(pair, "needs_you");
        Assert.Equal(
            [("a.txt", "changed_at_destination"), ("b.txt", "removed_at_destination")],
            asked.GetProperty("question").GetProperty("paths").EnumerateArray()
                .Select(one => (one.GetProperty("path").GetString()!, one.GetProperty("kind").GetString()!)));
        Assert.Equal([("a.txt", "0107"), ("c.txt", "03")], Files());

        await AnswerAsync(pair, asked.GetProperty("question"), "leave");
        await UntilAsync(pair, "in_step");
        await RunAsync(pair);
        await UntilAsync(pair, "in_step");
        Assert.Equal([("a.txt", "0107"), ("c.txt", "03")], Files());

        // The left side changes one of them: the other content is kept, as it was left.
        using (var changed = await Client.PutAsync("/api/tree/from/a.txt?conflict=replace", new ByteArrayContent([1, 8])))
            Assert.True(changed.IsSuccessStatusCode);
        await UntilAsync(pair, "in_step", () => Files().Contains(("a.txt", "0108")));
        Assert.Equal(["a.txt 0107"], KeptFiles());

        // Applied, the right side becomes like the left one.
        Write("c.txt", [3, 9]);
        await RunAsync(pair);
        await AnswerAsync(pair, (await UntilAsync(pair, "needs_you")).GetProperty("question"), "apply");
        await UntilAsync(pair, "in_step", () => Files().Contains(("c.txt", "03")));
    }

    [Fact]
    public async Task A_plan_changes_nothing_and_a_paused_pair_does_nothing()
    {
        await TransferRig.PutAsync(Client, "plan/a.txt", [1]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "plan"), await ConnectionAsync("Disk"), ".");
        await UntilAsync(pair, "in_step");
        await PostAsync($"/api/syncs/{pair}/pause");
        await TransferRig.PutAsync(Client, "plan/b.txt", [2, 2]);
        var plan = await Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}/plan");
        Assert.Equal((1, 2), (plan.GetProperty("copies").GetInt32(), plan.GetProperty("bytes").GetInt32()));
        Assert.Equal([("a.txt", "01")], Files());
        await PostAsync($"/api/syncs/{pair}/run");
        Assert.Equal("paused", (await GetAsync(pair)).GetProperty("state").GetString());
        await PostAsync($"/api/syncs/{pair}/resume");
        await UntilAsync(pair, "in_step", () => Files().Count == 2);
        var items = await Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}/items?limit=1");
        Assert.Equal("a.txt", items.GetProperty("items")[0].GetProperty("path").GetString());
        items = await Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}/items?cursor={items.GetProperty("nextCursor").GetString()}");
        Assert.Equal("b.txt", items.GetProperty("items")[0].GetProperty("path").GetString());
        // The list of transfers does not show those of a pair.
        Assert.Equal(0, (await Client.GetFromJsonAsync<JsonElement>("/api/transfers")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Bad_pairs_are_refused_with_a_sentence()
    {
        await TransferRig.PutAsync(Client, "bad/in/a.txt", [1]);
        await TransferRig.PutAsync(Client, "other/b.txt", [1]);
        var (outer, inner, other) = (
            await TransferRig.EntryAsync(Client, "bad"), await TransferRig.EntryAsync(Client, "bad/in"),
            await TransferRig.EntryAsync(Client, "other"));
        var disk = await ConnectionAsync("Disk");
        await RefusedAsync(400, "invalid_field", "the other one", null, outer, null, outer);
        await RefusedAsync(400, "invalid_field", "lies in it", null, outer, null, inner);
        await RefusedAsync(400, "invalid_field", "lies in it", null, inner, null, outer);
        await RefusedAsync(400, "invalid_field", "no folder", null, await FileAsync("other/b.txt"), disk, ".");
        await RefusedAsync(409, "connection_failed", "left.folder", null, Guid.NewGuid().ToString("n"), disk, ".");
        await RefusedAsync(409, "connection_failed", "removed", Guid.NewGuid().ToString("n"), ".", null, outer);
        await RefusedAsync(409, "connection_failed", "can only be read", await ConnectionAsync("Read"), ".", null, outer);
        await RefusedAsync(409, "connection_failed", "right.folder", null, outer, disk, "../secret");
        using (var all = await PostAsync("/api/syncs", Body(null, outer, disk, ".", exclude: ["*"])))
            await TransferRig.ReadAsync(all, 400);
        using (var often = await PostAsync("/api/syncs", Body(null, outer, disk, ".", interval: 1)))
            await TransferRig.ReadAsync(often, 400);
        using (var empty = await PostAsync("/api/syncs", new { }))
            await TransferRig.ReadAsync(empty, 400);

        // A ring of two pairs.
        await AddAsync(null, outer, disk, ".");
        await RefusedAsync(400, "invalid_field", "come back", disk, ".", null, outer);
        await AddAsync(null, other, null, inner);
        await RefusedAsync(400, "invalid_field", "come back", disk, ".", null, other);
    }

    private static object Body(
        string? left, string folder, string? right, string into, string[]? exclude = null, int? interval = null, string? way = null) => new
        {
            title = "pair",
            way,
            left = new { connection = left, folder },
            right = new { connection = right, folder = into },
            exclude,
            interval,
        };

    private async Task RefusedAsync(int status, string code, string detail, string? left, string folder, string? right, string into)
    {
        using var answer = await PostAsync("/api/syncs", Body(left, folder, right, into));
        var problem = await TransferRig.ReadAsync(answer, status);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<string> AddAsync(string? left, string folder, string? right, string into, string? way = null)
    {
        using var answer = await PostAsync("/api/syncs", Body(left, folder, right, into, way: way));
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private Task<HttpResponseMessage> PostAsync(string path, object body) => Client.PostAsJsonAsync(path, body);

    private async Task PostAsync(string path)
    {
        using var answer = await Client.PostAsync(path, null);
        await TransferRig.ReadAsync(answer, 200);
    }

    private Task RunAsync(string pair) => PostAsync($"/api/syncs/{pair}/run");

    private async Task AnswerAsync(string pair, JsonElement question, string answer)
    {
        var digest = question.GetProperty("digest").GetString();
        using var answered = await PostAsync($"/api/syncs/{pair}/approve", new { digest, answer });
        await TransferRig.ReadAsync(answered, 200);
    }

    private Task<JsonElement> GetAsync(string pair) => Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}");

    private async Task<List<(string Kind, string? Path)>> EventsAsync(string pair)
    {
        var list = await Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}/events?limit=200");
        return [.. list.GetProperty("items").EnumerateArray()
            .Select(one => (one.GetProperty("kind").GetString()!, one.GetProperty("path").GetString()))];
    }

    private Task<JsonElement> UntilAsync(string pair, string state, Func<bool> also) => UntilAsync(pair, state, _ => also());

    /// <summary>Waits until a scan that begins from now on has left the pair in this state.</summary>
    private Task<JsonElement> UntilAsync(string pair, string state, Func<JsonElement, bool>? also = null) => Eventually.BecomesAsync(
        () => GetAsync(pair), now => now.GetProperty("state").GetString() == state && also?.Invoke(now) != false,
        $"the pair is {state}", async () => string.Join("\n", (await EventsAsync(pair)).Select(one => $"{one.Kind} {one.Path}")));

    private async Task<string> ConnectionAsync(string title)
    {
        var list = await Client.GetFromJsonAsync<JsonElement>("/api/connections");
        return list.GetProperty("items").EnumerateArray().Single(one => one.GetProperty("title").GetString() == title)
            .GetProperty("id").GetString()!;
    }

    private async Task<string> FileAsync(string path)
    {
        var end = path.LastIndexOf('/');
        var list = await Client.GetFromJsonAsync<JsonElement>($"/api/tree/{path[..end]}/");
        return list.GetProperty("items").EnumerateArray().Single(one => one.GetProperty("name").GetString() == path[(end + 1)..])
            .GetProperty("id").GetString()!;
    }

    private void Write(string path, byte[] bytes)
    {
        var full = Path.Combine(Disk, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
    }

    private List<(string Path, string Content)> Files() =>
        [.. Directory.EnumerateFiles(Disk, "*", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/.chunkupload-", StringComparison.Ordinal))
            .Select(file => (Path.GetRelativePath(Disk, file), Convert.ToHexString(File.ReadAllBytes(file))))
            .OrderBy(file => file.Item1, StringComparer.Ordinal)];

    private List<string> KeptFiles() =>
        [.. Directory.EnumerateFiles(Kept, "*", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetFileName(file)} {Convert.ToHexString(File.ReadAllBytes(file))}").Order(StringComparer.Ordinal)];
}
