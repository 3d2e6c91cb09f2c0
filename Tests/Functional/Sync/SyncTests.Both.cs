using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Pairs whose changes go in both directions.</summary>
public sealed partial class SyncTests
{
    [Fact]
    public async Task Changes_go_in_both_directions_and_conflicts_lose_nothing()
    {
        await TransferRig.PutAsync(Client, "both/a.txt", [1]);
        await TransferRig.PutAsync(Client, "both/inner/c.txt", [3]);
        for (var number = 0; number < 6; number++)
            Write($"d{number}.txt", [(byte)number]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "both"), await ConnectionAsync("Disk"), ".", "both");
        await UntilAsync(pair, "in_step");
        await AssertSameAsync(("a.txt", "01"), ("inner/c.txt", "03"), ("d0.txt", "00"), ("d5.txt", "05"));

        // 1. Each side changes, moves and removes something.
        Write("a.txt", [1, 1]);
        File.Delete(Path.Combine(Disk, "d0.txt"));
        await RemoveAsync("both/inner/c.txt");
        await RunAsync(pair);
        await UntilAsync(pair, "in_step", () => !File.Exists(Path.Combine(Disk, "inner", "c.txt")));
        await AssertSameAsync(("a.txt", "0101"), ("d1.txt", "01"));
        Assert.DoesNotContain(Files(), file => file.Path is "d0.txt" or "inner/c.txt");

        // 2. Both sides change the same file, and make different files of one name, before the next scan. The first answer keeps both.
        await PostAsync($"/api/syncs/{pair}/pause");
        Write("a.txt", [1, 2]);
        Write("new.txt", [7, 1]);
        await TransferRig.PutAsync(Client, "both/new.txt", [7, 2]);
        await ReplaceAsync("both/a.txt", [1, 3]);
        await PostAsync($"/api/syncs/{pair}/resume");
        var asked = await UntilAsync(pair, "needs_you", now => now.GetProperty("question").GetProperty("conflicts").GetInt32() == 2);
        Assert.Equal(
            [("a.txt", "both_changed"), ("new.txt", "both_new")],
            asked.GetProperty("question").GetProperty("paths").EnumerateArray()
                .Select(one => (one.GetProperty("path").GetString()!, one.GetProperty("kind").GetString()!)));
        Assert.Contains(("a.txt", "0102"), Files());
        await AnswerAsync(pair, asked.GetProperty("question"), "both");
        await UntilAsync(pair, "in_step", () => Files().Count(file => file.Path.Contains("(right", StringComparison.Ordinal)) == 2);
        await AssertSameAsync(("a.txt", "0103"), ("new.txt", "0702"));
        Assert.Equal(
            ["0102", "0701"],
            Files().Where(file => file.Path.Contains("(right", StringComparison.Ordinal)).Select(file => file.Content));

        // 3. Another answer: the right side counts, and what it replaces stays as an earlier version.
        await PostAsync($"/api/syncs/{pair}/pause");
        Write("a.txt", [1, 4]);
        await ReplaceAsync("both/a.txt", [1, 5]);
        await PostAsync($"/api/syncs/{pair}/resume");
        asked = await UntilAsync(pair, "needs_you");
        await AnswerAsync(pair, asked.GetProperty("question"), "right");
        await UntilAsync(pair, "in_step");
        await AssertSameAsync(("a.txt", "0104"));
        var versions = await Client.GetFromJsonAsync<JsonElement>($"/api/entries/{await FileAsync("both/a.txt")}/versions");
        Assert.Contains(
            Convert.ToHexStringLower(SHA256.HashData([1, 5])),
            versions.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("sha256").GetString()));

        // 4. Many files vanish from the right side: the pair asks, and brings them back.
        foreach (var name in new[] { "d1.txt", "d2.txt", "d3.txt" })
            File.Delete(Path.Combine(Disk, name));
        await RunAsync(pair);
        asked = await UntilAsync(pair, "needs_you");
        Assert.Equal(3, asked.GetProperty("question").GetProperty("removals").GetInt32());
        using (var wrong = await PostAsync(
            $"/api/syncs/{pair}/approve",
            new { digest = asked.GetProperty("question").GetProperty("digest").GetString(), answer = "both" }))
        {
            Assert.Equal("invalid_field", (await TransferRig.ReadAsync(wrong, 400)).GetProperty("code").GetString());
        }

        await AnswerAsync(pair, asked.GetProperty("question"), "leave");
        await UntilAsync(pair, "in_step", () => File.Exists(Path.Combine(Disk, "d3.txt")));
        await AssertSameAsync(("d1.txt", "01"), ("d2.txt", "02"), ("d3.txt", "03"));

        // 5. A ring: a second pair between the same folders.
        await RefusedAsync(
            400, "invalid_field", "come back", await ConnectionAsync("Disk"), ".", null, await TransferRig.EntryAsync(Client, "both"));
    }

    [Fact]
    public async Task Single_conflicts_are_decided_and_the_other_file_is_taken_afterwards()
    {
        foreach (var name in new[] { "x.txt", "y.txt", "z.txt" })
            await TransferRig.PutAsync(Client, $"both/{name}", [0]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "both"), await ConnectionAsync("Disk"), ".", "both");
        await UntilAsync(pair, "in_step");
        await ChangeBothAsync(pair, "x.txt", "y.txt", "z.txt");
        await UntilAsync(pair, "needs_you", now => now.GetProperty("question").GetProperty("conflicts").GetInt32() == 3);

        // 1. Both contents can be looked at, and a decision counts for the versions that it names.
        var open = await ConflictsAsync(pair, "open");
        Assert.Equal(["x.txt", "y.txt", "z.txt"], open.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([("sync_conflict", "x.txt y.txt z.txt", "")], await ToldAsync("sync_conflict"));
        var figures = await Client.GetFromJsonAsync<JsonElement>("/api/syncs/stats");
        Assert.Equal(
            (1, 1, 3, 3),
            (figures.GetProperty("pairs").GetInt64(), figures.GetProperty("live").GetInt64(), figures.GetProperty("items").GetInt64(),
                figures.GetProperty("conflicts").GetInt64()));
        Assert.Equal(3, figures.GetProperty("done").GetInt64());
        var x = open["x.txt"].GetProperty("id").GetString();
        Assert.Equal([1, 1], await Client.GetByteArrayAsync($"/api/conflicts/{x}/left"));
        Assert.Equal([2, 2, 2], await Client.GetByteArrayAsync($"/api/conflicts/{x}/right"));
        using (var other = await PostAsync($"/api/conflicts/{x}/decide", new { digest = new string('0', 64), answer = "left" }))
            Assert.Equal("conflict_changed", (await TransferRig.ReadAsync(other, 409)).GetProperty("code").GetString());

        // 2. Each gets its own decision.
        await DecideAsync(open["x.txt"], "left");
        await DecideAsync(open["y.txt"], "right");
        await DecideAsync(open["z.txt"], "leave");
        await UntilAsync(pair, "in_step", () => Files().Contains(("x.txt", "0101")));
        var decided = await SettledAsync(pair, "x.txt", "y.txt", "z.txt");
        Assert.Equal(
            [("sync_decided", "x.txt", "owner"), ("sync_decided", "y.txt", "owner"), ("sync_decided", "z.txt", "owner")],
            await ToldAsync("sync_decided"));
        Assert.Equal([("x.txt", "0101"), ("y.txt", "020202"), ("z.txt", "020202")], Files());
        Assert.Empty(await ConflictsAsync(pair, "open"));
        var versions = await Client.GetFromJsonAsync<JsonElement>($"/api/entries/{await FileAsync("both/y.txt")}/versions");
        Assert.Contains(versions.GetProperty("items").EnumerateArray(), one => one.GetProperty("lostConflict").GetBoolean());

        // 3. The other file is taken on both sides, from what was kept. What was left is asked about again.
        await TakeBackAsync(decided["x.txt"], 200);
        await UntilAsync(pair, "in_step", () => Files().Contains(("x.txt", "020202")));
        await TakeBackAsync(decided["y.txt"], 200);
        await UntilAsync(pair, "in_step", () => Files().Contains(("y.txt", "0101")));
        Assert.Equal(
            ["x.txt", "y.txt"],
            (await OneDriveRig.OwnFilesAsync(Client, "both")).Join(
                Files().Select(file => (file.Path, Digest: Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(file.Content))))),
                file => file, file => file, (file, _) => file.Path).Order(StringComparer.Ordinal));
        await TakeBackAsync(decided["x.txt"], 409);
        await TakeBackAsync(decided["z.txt"], 200);
        await UntilAsync(pair, "needs_you", now => now.GetProperty("question").GetProperty("conflicts").GetInt32() == 1);

        // 4. What is not kept any more is said.
        await DecideAsync((await ConflictsAsync(pair, "open"))["z.txt"], "left");
        await UntilAsync(pair, "in_step", () => Files().Contains(("z.txt", "0101")));
        decided = await SettledAsync(pair, "z.txt");
        Directory.Delete(Kept, recursive: true);
        Assert.Equal("conflict_loser_gone", (await TakeBackAsync(decided["z.txt"], 410)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_rule_decides_without_a_question()
    {
        await TransferRig.PutAsync(Client, "both/x.txt", [0]);
        using var made = await PostAsync(
            "/api/syncs",
            new
            {
                title = "pair",
                way = "both",
                conflicts = "larger",
                left = new { folder = await TransferRig.EntryAsync(Client, "both") },
                right = new { connection = await ConnectionAsync("Disk"), folder = "." },
            });
        var pair = (await TransferRig.ReadAsync(made, 201)).GetProperty("id").GetString()!;
        await UntilAsync(pair, "in_step");
        await ChangeBothAsync(pair, "x.txt");
        Assert.Equal("rule", (await SettledAsync(pair, "x.txt"))["x.txt"].GetProperty("by").GetString());
        await AssertSameAsync(("x.txt", "020202"));
        Assert.Equal([("sync_decided", "x.txt", "rule")], await ToldAsync("sync_decided", "sync_conflict"));
        Assert.All(await ToldAsync("sync_found"), one => Assert.Equal("x.txt", one.Paths));
        Assert.Equal(2, (await ToldAsync("sync_found")).Count);
        Assert.DoesNotContain(await EventsAsync(pair), one => one.Kind == "needs_you");
    }

    [Fact]
    public async Task A_file_that_goes_back_and_forth_is_asked_about()
    {
        await TransferRig.PutAsync(Client, "both/x.txt", [0]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "both"), await ConnectionAsync("Disk"), ".", "both");
        await UntilAsync(pair, "in_step");
        for (byte turn = 1; turn <= 3; turn++)
        {
            await ReplaceAsync("both/x.txt", [1, turn]);
            await Eventually.HoldsAsync(() => Task.FromResult(Files().Contains(("x.txt", $"010{turn}"))));
            await UntilAsync(pair, "in_step");
            Write("x.txt", [2, turn]);
            await RunAsync(pair);
            await Eventually.HoldsAsync(async () =>
                (await Client.GetByteArrayAsync("/api/tree/both/x.txt")).AsSpan().SequenceEqual(new byte[] { 2, turn }));
            await UntilAsync(pair, "in_step");
        }

        await ReplaceAsync("both/x.txt", [1, 4]);
        await UntilAsync(pair, "needs_you");
        var open = (await ConflictsAsync(pair, "open"))["x.txt"];
        Assert.Equal("back_and_forth", open.GetProperty("kind").GetString());
        Assert.Equal([("x.txt", "0203")], Files());
        await DecideAsync(open, "left");
        await UntilAsync(pair, "in_step", () => Files().Contains(("x.txt", "0104")));
        await AssertSameAsync(("x.txt", "0104"));
    }

    /// <summary>The events of these kinds in their order: their paths, and who decided.</summary>
    private async Task<IReadOnlyList<(string Kind, string Paths, string By)>> ToldAsync(params string[] kinds)
    {
        await using var database = new NpgsqlConnection(_service.ConnectionString);
        return [.. await database.QueryAsync<(string, string, string)>(
            """
            select kind, (select string_agg(p, ' ') from jsonb_array_elements_text(data -> 'paths') p), coalesce(data ->> 'by', '')
            from events where topic_kind = 'sync' and kind = any (@kinds) order by xid, id
            """,
            new { kinds })];
    }

    /// <summary>Changes files on both sides between two scans.</summary>
    private async Task ChangeBothAsync(string pair, params string[] names)
    {
        await PostAsync($"/api/syncs/{pair}/pause");
        foreach (var name in names)
        {
            await ReplaceAsync($"both/{name}", [1, 1]);
            Write(name, [2, 2, 2]);
        }

        await PostAsync($"/api/syncs/{pair}/resume");
    }

    private async Task<Dictionary<string, JsonElement>> ConflictsAsync(string pair, string state)
    {
        var list = await Client.GetFromJsonAsync<JsonElement>($"/api/conflicts?sync={pair}&state={state}");
        // The newest of each path.
        return list.GetProperty("items").EnumerateArray().GroupBy(one => one.GetProperty("path").GetString()!, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
    }

    /// <summary>Waits until decisions about these files are carried out, and returns them.</summary>
    private async Task<Dictionary<string, JsonElement>> SettledAsync(string pair, params string[] names)
    {
        Dictionary<string, JsonElement> decided = [];
        await Eventually.HoldsAsync(async () =>
        {
            decided = await ConflictsAsync(pair, "decided");
            return names.All(name => decided.TryGetValue(name, out var one) && one.GetProperty("canTakeBack").GetBoolean());
        });
        return decided;
    }

    private async Task DecideAsync(JsonElement conflict, string answer)
    {
        var digest = conflict.GetProperty("digest").GetString();
        using var decided = await PostAsync($"/api/conflicts/{conflict.GetProperty("id").GetString()}/decide", new { digest, answer });
        await TransferRig.ReadAsync(decided, 200);
    }

    private async Task<JsonElement> TakeBackAsync(JsonElement conflict, int status)
    {
        using var answer = await Client.PostAsync($"/api/conflicts/{conflict.GetProperty("id").GetString()}/take-back", null);
        return await TransferRig.ReadAsync(answer, status);
    }

    /// <summary>Both sides have the same files, and among them these.</summary>
    private async Task AssertSameAsync(params (string Path, string Content)[] some)
    {
        var right = Files();
        Assert.Equal(
            right.Select(file => (file.Path, Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(file.Content))))),
            (await OneDriveRig.OwnFilesAsync(Client, "both")).OrderBy(file => file.Path, StringComparer.Ordinal));
        Assert.All(some, file => Assert.Contains(file, right));
    }

    private async Task ReplaceAsync(string path, byte[] bytes)
    {
        using var changed = await Client.PutAsync($"/api/tree/{path}?conflict=replace", new ByteArrayContent(bytes));
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
    }

    private async Task RemoveAsync(string path)
    {
        using var gone = await Client.DeleteAsync($"/api/tree/{path}");
        Assert.True(gone.IsSuccessStatusCode);
    }
}
