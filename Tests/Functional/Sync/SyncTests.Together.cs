using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Repeated and concurrent requests.</summary>
public sealed partial class SyncTests
{
    [Fact]
    public async Task Of_pairs_that_would_make_a_ring_together_one_is_made()
    {
        var disk = await ConnectionAsync("Disk");
        for (var turn = 0; turn < 5; turn++)
        {
            Directory.CreateDirectory(Path.Combine(Disk, $"ring{turn}"));
            var own = await OneDriveRig.MakeFolderAsync(Client, $"ring{turn}");
            var made = await Task.WhenAll(
                PostAsync("/api/syncs", Body(disk, $"ring{turn}", null, own)),
                PostAsync("/api/syncs", Body(null, own, disk, $"ring{turn}")));
            Assert.Equal([201, 400], made.Select(answer => (int)answer.StatusCode).Order());
        }
    }

    [Fact]
    public async Task Each_of_many_pairs_at_once_leaves_its_mark()
    {
        var disk = await ConnectionAsync("Disk");
        Write("many/a.txt", [1]);
        var targets = new List<string>();
        for (var number = 0; number < 6; number++)
            targets.Add(await OneDriveRig.MakeFolderAsync(Client, $"many{number}"));
        var made = await Task.WhenAll(targets.Select(own => PostAsync("/api/syncs", Body(disk, "many", null, own))));
        Assert.All(made, answer => Assert.Equal(201, (int)answer.StatusCode));
        Assert.Equal(6, (await File.ReadAllLinesAsync(Path.Combine(Disk, "many", ".chunkupload-sync"))).Distinct().Count());
    }

    [Fact]
    public async Task A_decision_that_is_carried_out_is_not_replaced_by_another_one()
    {
        await TransferRig.PutAsync(Client, "twice/a.txt", [1]);
        var pair = await AddAsync(null, await TransferRig.EntryAsync(Client, "twice"), await ConnectionAsync("Disk"), ".", "both");
        await UntilAsync(pair, "in_step");
        await ReplaceAsync("twice/a.txt", [1, 1]);
        Write("a.txt", [2, 2, 2]);
        await RunAsync(pair);
        await UntilAsync(pair, "needs_you");
        var conflict = (await ConflictsAsync(pair, "open"))["a.txt"];
        var (id, digest) = (conflict.GetProperty("id").GetString(), conflict.GetProperty("digest").GetString());
        var answers = await Task.WhenAll(new[] { "left", "right", "both", "leave" }.Select(answer =>
            PostAsync($"/api/conflicts/{id}/decide", new { digest, answer })));
        Assert.All(answers, answer => Assert.True((int)answer.StatusCode is 200 or 409));
        await UntilAsync(pair, "in_step");
        var decided = (await ConflictsAsync(pair, "decided"))["a.txt"];
        var expected = decided.GetProperty("answer").GetString() switch
        {
            "left" => new[] { "0101" },
            "right" => ["020202"],
            "both" => ["0101", "020202"],
            _ => ["020202"],
        };
        Assert.Equal(expected, Files().Where(file => file.Path.StartsWith('a')).Select(file => file.Content).Order());
    }

    [Fact]
    public async Task Removals_are_told_although_the_rest_is_broken_off()
    {
        for (var number = 0; number < 200; number++)
            Write($"paused/{number}.txt", [1]);
        var own = await OneDriveRig.MakeFolderAsync(Client, "paused");
        var pair = await AddAsync(await ConnectionAsync("Disk"), "paused", null, own);
        await UntilAsync(pair, "in_step");
        for (var number = 0; number < 190; number++)
            File.Delete(Path.Combine(Disk, "paused", $"{number}.txt"));
        // Other tests have left items in the trash.
        var others = await TrashAsync();
        await RunAsync(pair);
        await AnswerAsync(pair, (await UntilAsync(pair, "needs_you")).GetProperty("question"), "apply");
        await Eventually.HoldsAsync(async () => await TrashAsync() > others + 30);
        await PostAsync($"/api/syncs/{pair}/pause");
        var before = -1;
        await Eventually.HoldsAsync(async () =>
        {
            var now = await TrashAsync();
            var isQuiet = now == before;
            before = now;
            await Task.Delay(500);
            return isQuiet;
        });
        var events = await Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}/events?limit=200");
        var told = events.GetProperty("items").EnumerateArray().Count(one => one.GetProperty("kind").GetString() == "removed");
        Assert.InRange(told, before - others - 20, before - others);

        async Task<int> TrashAsync() =>
            (await Client.GetFromJsonAsync<JsonElement>("/api/trash?limit=1000")).GetProperty("items").GetArrayLength();
    }

    [RootFact]
    public async Task What_lies_on_a_disk_that_is_not_mounted_counts_as_present()
    {
        var mount = Path.Combine(Disk, "with", "mount");
        Directory.CreateDirectory(mount);
        Write("with/a.txt", [1]);
        await Tool.RunAsync("/", "mount", "-t", "tmpfs", "-o", "size=1m", "chunkupload-tests", mount);
        string own, pair;
        try
        {
            for (var number = 0; number < 2; number++)
                Write($"with/mount/inner/{number}.txt", [2]);
            for (var number = 0; number < 9; number++)
                Write($"with/{number}.txt", [3]);
            own = await OneDriveRig.MakeFolderAsync(Client, "with");
            pair = await AddAsync(await ConnectionAsync("Disk"), "with", null, own);
            await UntilAsync(pair, "in_step");
            Assert.Equal(12, (await OneDriveRig.OwnFilesAsync(Client, "with")).Count);

            // A file that is removed while its device is mounted is removed.
            File.Delete(Path.Combine(mount, "inner", "1.txt"));
            await Eventually.HoldsAsync(() => IsGoneAsync("with/mount/inner/1.txt"));
            await UntilAsync(pair, "in_step");
        }
        finally
        {
            await Tool.RunAsync("/", "umount", mount);
        }

        File.Delete(Path.Combine(Disk, "with", "a.txt"));
        await RunAsync(pair);
        await Eventually.HoldsAsync(() => IsGoneAsync("with/a.txt"));
        Assert.False(await IsGoneAsync("with/mount/inner/0.txt"));

        async Task<bool> IsGoneAsync(string path)
        {
            using var there = await Client.GetAsync($"/api/tree/{path}");
            return (int)there.StatusCode == 404;
        }
    }
}
