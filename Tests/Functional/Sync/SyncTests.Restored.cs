using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Pairs after a restore from a backup.</summary>
public sealed partial class SyncTests
{
    [Theory]
    [InlineData("leave")]
    [InlineData("apply")]
    public async Task After_a_restore_a_pair_asks_about_what_only_one_side_has(string answer)
    {
        foreach (var name in new[] { "a.txt", "b.txt", "c.txt", "inner/d.txt" })
            await TransferRig.PutAsync(Client, $"both/{name}", [1]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "both"), await ConnectionAsync("Disk"), ".", "both");
        await UntilAsync(pair, "in_step");
        await RestoredAsync();
        var paused = await GetAsync(pair);
        Assert.Equal("paused", paused.GetProperty("state").GetString());
        Assert.Contains("restored from a backup", paused.GetProperty("reason").GetString(), StringComparison.Ordinal);

        // One file is gone on each side, each side has one of its own, and one has changed.
        await RemoveAsync("both/a.txt");
        await TransferRig.PutAsync(Client, "both/new/left.txt", [2]);
        await ReplaceAsync("both/c.txt", [1, 2]);
        File.Delete(Path.Combine(Disk, "b.txt"));
        Write("right.txt", [3]);
        await PostAsync($"/api/syncs/{pair}/resume");
        var asked = (await UntilAsync(pair, "needs_you", () => Files().Contains(("c.txt", "0102")))).GetProperty("question");
        Assert.Equal(
            [("right.txt", "only_at_right"), ("new/left.txt", "only_at_left"), ("new", "only_at_left"), ("b.txt", "only_at_left"),
                ("a.txt", "only_at_right")],
            asked.GetProperty("paths").EnumerateArray()
                .Select(one => (one.GetProperty("path").GetString()!, one.GetProperty("kind").GetString()!)));
        // Nothing of it is removed or brought back.
        Assert.Equal([("a.txt", "01"), ("c.txt", "0102"), ("inner/d.txt", "01"), ("right.txt", "03")], Files());
        Assert.Equal(
            ["b.txt", "c.txt", "inner/d.txt", "new/left.txt"],
            (await OneDriveRig.OwnFilesAsync(Client, "both")).Select(file => file.Path).Order(StringComparer.Ordinal));

        await AnswerAsync(pair, asked, answer);
        List<(string, string)> expected = answer == "apply"
            ? [("c.txt", "0102"), ("inner/d.txt", "01")]
            : [("a.txt", "01"), ("b.txt", "01"), ("c.txt", "0102"), ("inner/d.txt", "01"), ("new/left.txt", "02"), ("right.txt", "03")];
        await UntilAsync(pair, "in_step", () => Files().SequenceEqual(expected));
        await AssertSameAsync();

        // From then on it works as before: what is new on one side is copied.
        await TransferRig.PutAsync(Client, "both/later.txt", [5]);
        await UntilAsync(pair, "in_step", () => File.Exists(Path.Combine(Disk, "later.txt")));
    }

    [Fact]
    public async Task Removals_of_one_hour_count_together()
    {
        for (var number = 0; number < 12; number++)
            await TransferRig.PutAsync(Client, $"both/{number}.txt", [(byte)number]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "both"), await ConnectionAsync("Disk"), ".");
        await UntilAsync(pair, "in_step");
        await RemoveAsync("both/0.txt");
        await RemoveAsync("both/1.txt");
        await UntilAsync(pair, "in_step", () => Files().Count == 10);
        // Two more would be fewer than a quarter of those that are left.
        await PostAsync($"/api/syncs/{pair}/pause");
        await RemoveAsync("both/2.txt");
        await RemoveAsync("both/3.txt");
        await PostAsync($"/api/syncs/{pair}/resume");
        var asked = await UntilAsync(pair, "needs_you");
        Assert.Equal(2, asked.GetProperty("question").GetProperty("removals").GetInt32());
        Assert.Equal(10, Files().Count);
    }

    private async Task RestoredAsync()
    {
        await using var database = new NpgsqlConnection(_service.ConnectionString);
        await database.ExecuteAsync("set search_path = chunkupload, chunkupload_functions; select pause_restored_syncs()");
    }
}
