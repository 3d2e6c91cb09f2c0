using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Graph;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Pairs of folders of accounts: Google Drive and OneDrive.</summary>
public sealed partial class AccountSyncTests(TransferPlaces places, ITestOutputHelper output)
    : IClassFixture<TransferPlaces>, IAsyncLifetime, IDisposable
{
    private readonly HttpClient _google = new() { BaseAddress = new Uri(places.Rig.Google.Drive.Address) };
    private readonly List<string> _pairs = [];
    private string _drive = "";
    private string _oneDrive = "";
    private string _folder = "";

    private HttpClient Client => places.Client;

    public async Task InitializeAsync()
    {
        await places.EmptyAsync();
        _google.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "tok-ann");
        _drive = await places.Rig.Google.ConnectAsync(Client);
        _oneDrive = await places.Rig.ConnectAsync(Client, OneDriveRig.Ann);
        _folder = await MakeAsync("root", "left", null);
    }

    public async Task DisposeAsync()
    {
        foreach (var pair in _pairs)
        {
            using var ended = await Client.DeleteAsync($"/api/syncs/{pair}");
            Assert.Equal(204, (int)ended.StatusCode);
        }
    }

    public void Dispose() => _google.Dispose();

    [Fact]
    public async Task A_folder_of_Drive_and_one_of_OneDrive_stay_the_same()
    {
        var a = await MakeAsync(_folder, "a.txt", [1]);
        var inner = await MakeAsync(_folder, "inner", null);
        _ = await MakeAsync(inner, "b.txt", [2, 2]);
        var gone = await MakeAsync(_folder, "gone.txt", [3]);
        await SeedAsync("right/only-right.txt", [4]);
        await SeedAsync("right/twin.txt", [5]);
        _ = await MakeAsync(_folder, "twin.txt", [5]);
        for (byte number = 0; number < 5; number++)
            _ = await MakeAsync(inner, $"{number}.txt", [number, 5]);
        var others = Enumerable.Range(0, 5).Select(number => Of($"inner/{number}.txt", (byte)number, 5)).ToArray();
        var pair = await AddAsync("both");
        await InStepAsync(
            pair,
            [Of("a.txt", 1), Of("gone.txt", 3), .. others, Of("inner/b.txt", 2, 2), Of("only-right.txt", 4), Of("twin.txt", 5)]);
        Assert.Equal(30, (await GetAsync(pair)).GetProperty("interval").GetInt32());
        Assert.DoesNotContain(await EventsAsync(pair), one => one is ("copied", "twin.txt"));

        // 1. A change and a removal in Drive, a file that moves in OneDrive.
        await ReplaceAsync(a, [1, 1, 1]);
        await UpdateAsync(gone, new { trashed = true });
        Move("right/inner/b.txt", "right", "moved.txt");
        await RunAsync(pair);
        await InStepAsync(pair, [Of("a.txt", 1, 1, 1), .. others, Of("moved.txt", 2, 2), Of("only-right.txt", 4), Of("twin.txt", 5)]);
        var events = await EventsAsync(pair);
        Assert.Contains(("moved", "moved.txt"), events);
        Assert.DoesNotContain(("copied", "moved.txt"), events);
        Assert.Contains(("removed", "gone.txt"), events);

        // 2. The other direction: a change in OneDrive, and its removal there.
        await SeedAsync("right/a.txt", [9, 9]);
        Delete("right/only-right.txt");
        await RunAsync(pair);
        await InStepAsync(pair, [Of("a.txt", 9, 9), .. others, Of("moved.txt", 2, 2), Of("twin.txt", 5)]);

        // Files that the pair wrote do not count as changes: another scan copies nothing.
        var before = await EventsAsync(pair);
        await LookAsync(pair);
        Assert.Equal(before.Count(IsChange), (await EventsAsync(pair)).Count(IsChange));
    }

    [Fact]
    public async Task While_the_feeds_tell_of_nothing_no_folder_is_listed()
    {
        var file = await MakeAsync(_folder, "a.txt", [1]);
        var pair = await AddAsync("both");
        await InStepAsync(pair, [Of("a.txt", 1)]);

        // Changes elsewhere in both accounts do not affect the pair.
        _ = await MakeAsync("root", "elsewhere.txt", [2]);
        await SeedAsync("elsewhere.txt", [3]);
        var (lists, reads) = (Lists(), Calls("changes.list") + Calls("delta"));
        await DueAsync(pair);
        Assert.Equal(reads + 2, Calls("changes.list") + Calls("delta"));
        Assert.Equal(lists, Lists());
        Assert.Equal("in_step", (await GetAsync(pair)).GetProperty("state").GetString());

        // A change in either of them is found by the feed alone.
        await ReplaceAsync(file, [4, 4]);
        await DueAsync(pair);
        await InStepAsync(pair, [Of("a.txt", 4, 4)]);
        await SeedAsync("right/b.txt", [5]);
        await DueAsync(pair);
        await InStepAsync(pair, [Of("a.txt", 4, 4), Of("b.txt", 5)]);

        // A position that OneDrive does not know any more leads to a scan.
        places.Rig.Graph.Switches.Set(GraphSwitches.DeltaResync, "resyncChangesApplyDifferences");
        lists = Lists();
        await DueAsync(pair);
        await InStepAsync(pair, [Of("a.txt", 4, 4), Of("b.txt", 5)]);
        Assert.True(Lists() > lists);
    }

    [Fact]
    public async Task A_conflict_keeps_the_loser_as_an_earlier_version_and_can_be_taken_back()
    {
        var file = await MakeAsync(_folder, "plan.txt", [1]);
        var pair = await AddAsync("both");
        await InStepAsync(pair, [Of("plan.txt", 1)]);
        foreach (var answer in new[] { "left", "right" })
        {
            byte[] left = answer == "left" ? [3, 3, 3] : [5, 5, 5], right = answer == "left" ? [4, 4, 4, 4] : [6, 6, 6, 6];
            var (winner, loser) = answer == "left" ? (left, right) : (right, left);
            await ReplaceAsync(file, left);
            await SeedAsync("right/plan.txt", right);
            await RunAsync(pair);
            await UntilAsync(pair, "needs_you");
            var conflict = (await ListAsync("/api/conflicts")).Single();
            var id = conflict.GetProperty("id").GetString();
            using (var decided = await Client.PostAsJsonAsync(
                $"/api/conflicts/{id}/decide", new { digest = conflict.GetProperty("digest").GetString(), answer }))
                await TransferRig.ReadAsync(decided, 200);
            await InStepAsync(pair, [Of("plan.txt", winner)]);

            await Eventually.HoldsAsync(async () =>
                (await Client.GetFromJsonAsync<JsonElement>($"/api/conflicts/{id}")).GetProperty("canTakeBack").GetBoolean());
            using (var back = await Client.PostAsync($"/api/conflicts/{id}/take-back", null))
                await TransferRig.ReadAsync(back, 200);
            await InStepAsync(pair, [Of("plan.txt", loser)]);
        }
    }

    [Fact]
    public async Task What_may_only_be_hidden_is_not_removed_without_asking()
    {
        var ids = new List<string>();
        for (byte number = 0; number < 8; number++)
            ids.Add(await MakeAsync(_folder, $"{number}.txt", [number]));
        var pair = await AddAsync("left_to_right");
        await InStepAsync(pair, [.. Enumerable.Range(0, 8).Select(number => Of($"{number}.txt", (byte)number))]);

        // 1. Drive answers for what was deleted for good as for what is no longer shared.
        using (var deleted = await _google.DeleteAsync($"/drive/v3/files/{ids[0]}"))
            Assert.True(deleted.IsSuccessStatusCode);
        await RunAsync(pair);
        var asked = await UntilAsync(pair, "needs_you");
        Assert.Equal(1, asked.GetProperty("question").GetProperty("removals").GetInt32());
        // The question stays at the next scan.
        await LookAsync(pair);
        asked = await UntilAsync(pair, "needs_you");
        Assert.Equal(8, (await RightAsync()).Count);
        var digest = asked.GetProperty("question").GetProperty("digest").GetString();
        using (var answer = await Client.PostAsJsonAsync($"/api/syncs/{pair}/approve", new { digest, answer = "apply" }))
            await TransferRig.ReadAsync(answer, 200);
        await Eventually.HoldsAsync(async () => (await RightAsync()).Count == 7);
        await UntilAsync(pair, "in_step");

        // 2. The folder is in the trash: the pair waits.
        await UpdateAsync(_folder, new { trashed = true });
        await RunAsync(pair);
        var waiting = await UntilAsync(pair, "waiting");
        Assert.Contains("trash", waiting.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(7, (await RightAsync()).Count);
        await UpdateAsync(_folder, new { trashed = false });
        await LookAsync(pair);
        Assert.Equal(7, (await RightAsync()).Count);
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_replaced_is_not_overwritten()
    {
        var file = await MakeAsync(_folder, "a.txt", [1]);
        var pair = await AddAsync("both");
        await InStepAsync(pair, [Of("a.txt", 1)]);

        // The upload to OneDrive has begun when somebody else changes the file there.
        var held = places.Rig.Graph.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = "createUploadSession", Times = 1 }, FaultAction.HoldReply());
        await ReplaceAsync(file, [2, 2]);
        await RunAsync(pair);
        await held.Reached;
        await SeedAsync("right/a.txt", [7, 7, 7]);
        held.Release();
        await UntilAsync(pair, "needs_you");
        Assert.Equal([Of("a.txt", 7, 7, 7)], await RightAsync());

        // The same in Drive.
        var conflict = (await ListAsync("/api/conflicts")).Single();
        using (var decided = await Client.PostAsJsonAsync(
            $"/api/conflicts/{conflict.GetProperty("id").GetString()}/decide",
            new { digest = conflict.GetProperty("digest").GetString(), answer = "right" }))
            await TransferRig.ReadAsync(decided, 200);
        await InStepAsync(pair, [Of("a.txt", 7, 7, 7)]);
        held = places.Rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "PATCH", PathRegex = "upload", Times = 1 }, FaultAction.HoldReply());
        await SeedAsync("right/a.txt", [8]);
        await RunAsync(pair);
        await held.Reached;
        await ReplaceAsync(file, [6, 6, 6, 6]);
        held.Release();
        await UntilAsync(pair, "needs_you");
        Assert.Equal([Of("a.txt", 6, 6, 6, 6)], await LeftAsync());
    }

    [Fact]
    public async Task What_the_storage_rewrites_and_what_has_no_bytes_is_not_copied_back()
    {
        _ = await MakeAsync(_folder, "report.docx", TransferRig.Bytes(3, 4000));
        _ = await places.Rig.Google.Drive.SeedAsync(new
        {
            parent = _folder,
            items = new object[]
            {
                new { name = "Notes", document = "document" },
                new { name = "Shortcut", target = _folder },
            },
        });
        var pair = await AddAsync("both");
        await InStepAsync(pair, null);
        var written = (await RightAsync()).Single();
        Assert.Equal("report.docx", written.Path);

        // SharePoint writes its properties into the file some time after the upload, and lets its time be.
        await SeedAsync("elsewhere.bin", TransferRig.Bytes(4, 4100));
        var drive = places.Rig.DriveOf(OneDriveRig.Ann);
        var other = drive.Find(drive.Root, ["elsewhere.bin"])!.Content!;
        other.Data.Retain();
        drive.Rewrite(drive.Find(drive.Root, ["right", "report.docx"])!, other);
        await LookAsync(pair);
        Assert.Equal([("copied", "report.docx")], (await EventsAsync(pair)).Where(IsChange));
        Assert.Equal(2, (await GetAsync(pair)).GetProperty("leftOut").GetInt32());
    }

    [Fact]
    public async Task Folders_that_lie_in_each_other_are_found_over_two_connections()
    {
        var inner = await MakeAsync(_folder, "inner", null);
        var again = await places.Rig.Google.ConnectAsync(Client);
        foreach (var (left, right) in new[] { (_folder, inner), (inner, _folder), (_folder, _folder) })
        {
            using var answer = await Client.PostAsJsonAsync("/api/syncs", new
            {
                title = "pair",
                left = new { connection = _drive, folder = left },
                right = new { connection = again, folder = right },
            });
            var problem = await TransferRig.ReadAsync(answer, 400);
            Assert.Contains("separate", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        foreach (var folder in new[] { "shared-with-me", "" })
        {
            using var refused = await Client.PostAsJsonAsync("/api/syncs", new
            {
                title = "pair",
                left = new { connection = _drive, folder },
                right = new { connection = again, folder = inner },
            });
            Assert.True((int)refused.StatusCode is 409 or 422 or 400, $"{(int)refused.StatusCode}");
        }
    }
}
