using System.Net.Http.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>A file or its folder is removed while the last piece of a change is being sent: the change stays.</summary>
public sealed partial class AccountSyncTests
{
    [Theory]
    [InlineData("file")]
    [InlineData("folder")]
    [InlineData("new")]
    public async Task Change_that_is_sent_to_Drive_while_its_place_goes_to_the_trash_stays_on_both_sides(string what)
    {
        var inner = await MakeAsync(_folder, "inner", null);
        var file = await MakeAsync(inner, "a.txt", [1]);
        for (byte number = 0; number < 5; number++)
            _ = await MakeAsync(_folder, $"{number}.txt", [number, 1]);
        var pair = await AddAsync("both");
        await InStepAsync(pair, null);

        var path = what == "new" ? "inner/b.txt" : "inner/a.txt";
        var held = places.Rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "upload_id", Times = 1 }, FaultAction.Hold());
        await SeedAsync("right/" + path, [8, 8]);
        await RunAsync(pair);
        await held.Reached;
        await UpdateAsync(what == "file" ? file : inner, new { trashed = true });
        held.Release();

        await KeptAsync(pair, path, [8, 8]);
    }

    [Theory]
    [InlineData("inner/a.txt")]
    [InlineData("inner")]
    public async Task Change_that_is_sent_to_OneDrive_while_its_place_is_removed_stays_on_both_sides(string removed)
    {
        var inner = await MakeAsync(_folder, "inner", null);
        var file = await MakeAsync(inner, "a.txt", [1]);
        for (byte number = 0; number < 5; number++)
            _ = await MakeAsync(_folder, $"{number}.txt", [number, 1]);
        var pair = await AddAsync("both");
        await InStepAsync(pair, null);

        var held = places.Rig.Graph.Faults.Add(new FaultMatch { Method = "PUT", Times = 1 }, FaultAction.Hold());
        await ReplaceAsync(file, [8, 8]);
        await RunAsync(pair);
        await held.Reached;
        Delete("right/" + removed);
        held.Release();

        await KeptAsync(pair, "inner/a.txt", [8, 8]);
    }

    [Fact]
    public async Task Change_that_is_sent_to_our_tree_while_its_place_is_removed_stays_on_both_sides()
    {
        var inner = await MakeAsync(_folder, "inner", null);
        var file = await MakeAsync(inner, "a.txt", [1]);
        for (byte number = 0; number < 5; number++)
            _ = await MakeAsync(_folder, $"{number}.txt", [number, 1]);
        var own = $"own-{Guid.NewGuid():n}";
        using var answer = await Client.PostAsJsonAsync("/api/syncs", new
        {
            title = "pair",
            way = "both",
            left = new { connection = (string?)_drive, folder = _folder },
            right = new { connection = (string?)null, folder = await OneDriveRig.MakeFolderAsync(Client, own) },
        });
        var pair = (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
        _pairs.Add(pair);
        await UntilAsync(pair, "in_step");

        var held = places.Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "alt=media", Times = 1 }, FaultAction.Hold());
        await ReplaceAsync(file, [8, 8]);
        await RunAsync(pair);
        await held.Reached;
        using (var removed = await Client.DeleteAsync($"/api/tree/{own}/inner"))
            Assert.True(removed.IsSuccessStatusCode, $"{(int)removed.StatusCode}");
        held.Release();

        for (var scan = 0; scan < 3; scan++)
        {
            await Eventually.HoldsAsync(async () =>
            {
                await RunAsync(pair);
                return (await GetAsync(pair)).GetProperty("state").GetString() == "in_step"
                    && (await LeftAsync()).Contains(Of("inner/a.txt", 8, 8));
            });
            using var there = await Client.GetAsync($"/api/tree/{own}/inner/a.txt");
            Assert.Equal([8, 8], await there.Content.ReadAsByteArrayAsync());
        }
    }

    /// <summary>Waits until both sides have the file, and checks that further scans do not remove it.</summary>
    private async Task KeptAsync(string pair, string path, byte[] bytes)
    {
        await Eventually.HoldsAsync(async () =>
        {
            await RunAsync(pair);
            return (await GetAsync(pair)).GetProperty("state").GetString() == "in_step"
                && (await LeftAsync()).Contains(Of(path, bytes)) && (await RightAsync()).Contains(Of(path, bytes));
        });
        await LookAsync(pair);
        await LookAsync(pair);
        Assert.Contains(Of(path, bytes), await LeftAsync());
        Assert.Contains(Of(path, bytes), await RightAsync());
    }
}
