using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Failures of storages, sign-ins and workers while files are copied.</summary>
public sealed class TransferFaultTests(TransferPlaces places) : IClassFixture<TransferPlaces>, IAsyncLifetime
{
    private OneDriveRig Rig => places.Rig;

    private HttpClient Client => places.Client;

    public Task InitializeAsync() => places.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refresh_token_whose_replacement_was_lost_is_used_again_and_else_the_owner_signs_in(bool oldOnesEnd)
    {
        var bytes = TransferRig.Bytes(1, 900_000);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        var held = Rig.Graph.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "createUploadSession" }, FaultAction.Hold());
        var transfer = await places.StartAsync(null, microsoft, "root", await TransferRig.PutAsync(Client, "a.bin", bytes));
        await held.Reached;
        // The provider replaces the refresh token, and its answer does not arrive.
        Rig.Graph.Switches.Set("oldRefreshTokensDie", oldOnesEnd);
        var lost = Rig.Graph.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "/token$" }, FaultAction.ResetBeforeReply());
        await Rig.ApplyAsync(new { kind = "revokeToken", account = OneDriveRig.Ben });
        Rig.Graph.Switches.Set("acceptAnyToken", false);
        held.Release();
        if (oldOnesEnd)
        {
            var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
            Assert.Equal("sign_in", waiting.GetProperty("wait").GetProperty("reason").GetString());
            using var renewed = await Client.PutAsJsonAsync(
                $"/api/connections/{microsoft}/secret", new { refreshToken = await Rig.SignInAsync(OneDriveRig.Ben) });
            await TransferRig.ReadAsync(renewed, 200);
        }

        await places.DoneAsync(transfer);
        Assert.Equal(1, lost.Hits);
        Assert.Equal([("a.bin", Sha256(bytes))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ben)));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task Bursts_of_server_errors_at_both_ends_delay_and_break_nothing(int status)
    {
        var bytes = TransferRig.Bytes(2, 900_000);
        await SeedAsync("b", bytes);
        var google = await Rig.Google.ConnectAsync(Client);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        Fault[] bursts =
        [
            Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "alt=media", Nth = 2, Times = 3 }, FaultAction.Status(status)),
            Rig.Graph.Faults.Add(new FaultMatch { PathRegex = "createUploadSession", Times = 3 }, FaultAction.Status(status)),
            Rig.Graph.Faults.Add(new FaultMatch { PathRegex = "^/upload/", Nth = 2, Times = 3 }, FaultAction.Status(status)),
        ];
        var transfer = await places.StartAsync(google, microsoft, "root", "b");
        await places.DoneAsync(transfer);
        Assert.All(bursts, burst => Assert.Equal(3, burst.Hits));
        Assert.Equal([("b.bin", Sha256(bytes))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)));
        Assert.Equal(0, Assert.Single(await S3Rig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_of_Drive_that_is_edited_under_way_arrives_as_one_of_its_versions(bool oldOneIsGone)
    {
        var (before, after) = (TransferRig.Bytes(3, 900_000), TransferRig.Bytes(4, 900_000));
        await SeedAsync("c", before);
        var google = await Rig.Google.ConnectAsync(Client);
        var into = await OneDriveRig.MakeFolderAsync(Client, "in");
        var held = Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "alt=media", Nth = 2 }, FaultAction.Hold());
        var transfer = await places.StartAsync(google, null, into, "c");
        await held.Reached;
        using (var owner = new HttpClient { BaseAddress = new Uri(Rig.Google.Drive.Address) })
        {
            owner.DefaultRequestHeaders.Authorization = new("Bearer", "tok-ann");
            var old = (await owner.GetFromJsonAsync<JsonElement>("/drive/v3/files/c?fields=headRevisionId")).GetProperty("headRevisionId");
            using var content = new ByteArrayContent(after);
            using var edited = await owner.PatchAsync("/upload/drive/v3/files/c?uploadType=media", content);
            Assert.True(edited.IsSuccessStatusCode, await edited.Content.ReadAsStringAsync());
            if (oldOneIsGone)
            {
                using var removed = await owner.DeleteAsync($"/drive/v3/files/c/revisions/{old}");
                Assert.True(removed.IsSuccessStatusCode, await removed.Content.ReadAsStringAsync());
            }
        }

        held.Release();
        await places.DoneAsync(transfer);
        Assert.Equal(
            [("c.bin", Sha256(oldOneIsGone ? after : before))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        Assert.Equal(
            oldOneIsGone ? 1 : 0, Assert.Single(await S3Rig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task A_worker_that_hangs_loses_its_lease_and_what_it_does_later_counts_for_nothing()
    {
        var bytes = TransferRig.Bytes(5, 900_000);
        var google = await Rig.Google.ConnectAsync(Client);
        var held = Rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.HoldReply());
        var transfer = await places.StartAsync(null, google, "root", await TransferRig.PutAsync(Client, "d.bin", bytes));
        await held.Reached;
        // A lease lasts two minutes. Its time is over here as soon as the worker has nothing to renew it for.
        await using (var database = new NpgsqlConnection(places.Service.ConnectionString))
        {
            await Eventually.HoldsAsync(async () =>
            {
                await database.ExecuteAsync(
                    "update work set due_at = now() where kind = 'transfer_item' and state = 'leased' and epoch = 1");
                return (await ChainRig.StoryAsync(Client, transfer)).Any(one => one.Kind == "taken_over");
            });
        }

        await places.DoneAsync(transfer);
        Assert.False(held.Released.IsCompleted);
        held.Release();
        await Eventually.HoldsAsync(() => Task.FromResult(
            Rig.Google.Drive.Journal.Entries.Any(one => one.Faults.Contains("holdReply"))));
        var done = await TransferRig.GetAsync(Client, transfer);
        Assert.Equal(("done", 900_000L), (
            done.GetProperty("state").GetString(), done.GetProperty("bytes").GetProperty("done").GetInt64()));
        Assert.Equal([("d.bin", Sha256(bytes))], await Rig.Google.FilesAsync());
        // Bytes that the storage had accepted from the first worker were not sent by the second one.
        Assert.Equal(900_000, Rig.Google.Drive.Journal.Entries.Where(one => one.Operation == "upload.chunk").Sum(one => one.Received));
    }

    [Theory]
    [InlineData("skip", "checksum")]
    [InlineData("replace", "exists")]
    [InlineData("keep_both", "size")]
    public async Task Files_of_one_name_all_arrive_whatever_counts_as_the_same(string taken, string equal)
    {
        // 24 files of one size and, nearly, one time, whose names differ in case at most; OneDrive and the source have no digest in common.
        var expected = new List<string>();
        for (var i = 0; i < 24; i++)
        {
            var bytes = TransferRig.Bytes(i, i < 2 ? 0 : 3);
            _ = await TransferRig.PutAsync(Client, $"flat/{i:00}/{(i % 2 == 0 ? "version.txt" : "Version.txt")}", bytes);
            expected.Add(Sha256(bytes));
        }

        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        var options = new { structure = false, taken, equal };
        var folder = await TransferRig.EntryAsync(Client, "flat");
        await places.DoneAsync(await OneDriveRig.TransferAsync(Client, null, microsoft, "root", options, folder));
        Assert.Equal(
            expected.Order(), (await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann))).Select(file => file.Sha256).Order());
        var into = await OneDriveRig.MakeFolderAsync(Client, "into");
        await places.DoneAsync(await OneDriveRig.TransferAsync(Client, null, null, into, options, folder));
        var arrived = (await OneDriveRig.OwnFilesAsync(Client, "into")).ToList();
        Assert.Equal(expected.Order(), arrived.Select(file => file.Sha256).Order());
        if (taken != "keep_both")
            return;
        // Files that an earlier transfer has copied under numbered names are found again.
        await places.DoneAsync(await OneDriveRig.TransferAsync(Client, null, null, into, new { structure = false }, folder));
        Assert.Equal(arrived.Order(), await OneDriveRig.OwnFilesAsync(Client, "into"));
    }

    [Fact]
    public async Task Bytes_that_the_source_does_not_have_take_the_place_of_nothing()
    {
        var (good, old) = (TransferRig.Bytes(6, 300_000), TransferRig.Bytes(7, 1000));
        await SeedAsync("e", good);
        var google = await Rig.Google.ConnectAsync(Client);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        _ = await Rig.SeedAsync(OneDriveRig.Ann, "e.bin", old);
        var into = await OneDriveRig.MakeFolderAsync(Client, "in");
        _ = await TransferRig.PutAsync(Client, "in/e.bin", old);
        Rig.Google.Drive.Faults.Add(
            new FaultMatch { PathRegex = "files/e.*alt=media", Times = 0 },
            new FaultAction { Kind = "corruptByte", Offset = 1000, Of = "response" });
        var options = new { taken = "replace", attempts = new { restarts = 1 } };
        foreach (var (to, folder) in new[] { (microsoft, "root"), (null, into) })
        {
            var transfer = await OneDriveRig.TransferAsync(Client, google, to, folder, options, "e");
            await TransferRig.UntilAsync(Client, transfer, "failed");
            var item = Assert.Single(await S3Rig.ItemsAsync(Client, transfer));
            Assert.Contains("digest", item.GetProperty("reason").GetString(), StringComparison.Ordinal);
            Assert.Equal(1, item.GetProperty("restarts").GetInt32());
        }

        Assert.Equal([("e.bin", Sha256(old))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)));
        Assert.Equal([("e.bin", Sha256(old))], await OneDriveRig.OwnFilesAsync(Client, "in"));
    }

    [Fact]
    public async Task What_was_cancelled_or_lost_its_folder_is_put_back_by_retry()
    {
        await SeedAsync("f", TransferRig.Bytes(8, 900_000));
        var google = await Rig.Google.ConnectAsync(Client);
        var into = await OneDriveRig.MakeFolderAsync(Client, "in");
        _ = await TransferRig.PutAsync(Client, "tree/sub/g.bin", [1]);
        _ = await Rig.Google.Drive.SeedAsync(new
        {
            items = new[] { new { name = "deep", id = "deep", items = new[] { new { name = "h.bin", id = "h", text = "h" } } } },
        });
        var held = Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "alt=media", Nth = 2 }, FaultAction.Hold());
        var transfer = await places.StartAsync(google, null, into, "f", "deep");
        await held.Reached;
        await PostAsync($"/api/transfers/{transfer}/cancel");
        await TransferRig.UntilAsync(Client, transfer, "cancelled");
        held.Release();
        await PostAsync($"/api/transfers/{transfer}/retry");
        await places.DoneAsync(transfer);
        Assert.Equal(["deep/h.bin", "f.bin"], (await OneDriveRig.OwnFilesAsync(Client, "in")).Select(file => file.Path));

        // The folder goes away while the transfer waits; the reason says at which end, and retry is there.
        var list = Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "/files\\?.*parents" }, FaultAction.Hold());
        var lost = await places.StartAsync(google, null, await OneDriveRig.MakeFolderAsync(Client, "gone"), "deep");
        await list.Reached;
        using (var removed = await Client.DeleteAsync("/api/tree/gone/"))
            Assert.True(removed.IsSuccessStatusCode, $"{(int)removed.StatusCode}");
        list.Release();
        var failed = await TransferRig.UntilAsync(Client, lost, "failed");
        Assert.StartsWith("At the destination: ", failed.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.NotEqual(0, failed.GetProperty("files").GetProperty("failed").GetInt64());
        await PostAsync($"/api/transfers/{lost}/retry");
    }

    [Fact]
    public async Task All_transfers_of_an_account_that_pauses_say_so_and_resume_asks_at_once()
    {
        await SeedAsync("i", TransferRig.Bytes(9, 1000));
        await SeedAsync("j", TransferRig.Bytes(10, 1000));
        var google = await Rig.Google.ConnectAsync(Client);
        var into = await OneDriveRig.MakeFolderAsync(Client, "in");
        var limit = Rig.Google.Drive.Faults.Add(
            new FaultMatch { PathRegex = "files/[ij]\\b.*alt=media" }, FaultAction.Status(403, "dailyLimitExceeded"));
        // One of them is about to end when another one meets the limit, and one is made afterwards.
        var held = Rig.Google.Drive.Faults.Add(new FaultMatch { PathRegex = "files/k\\b.*alt=media" }, FaultAction.Hold());
        await SeedAsync("k", TransferRig.Bytes(11, 1000));
        var ends = await places.StartAsync(google, null, into, "k");
        await held.Reached;
        var transfers = new List<string>();
        var began = TimeProvider.System.GetUtcNow();
        foreach (var id in new[] { "i", "j" })
        {
            transfers.Add(await places.StartAsync(google, null, into, id));
            var waiting = await TransferRig.UntilAsync(Client, transfers[^1], "waiting");
            var wait = waiting.GetProperty("wait");
            Assert.Equal("daily_limit", wait.GetProperty("reason").GetString());
            Assert.True(wait.GetProperty("until").GetDateTimeOffset() > began.AddMinutes(50));
            Assert.NotEqual(JsonValueKind.Null, waiting.GetProperty("reason").ValueKind);
        }

        held.Release();
        await places.DoneAsync(ends);

        Assert.Equal(1, limit.Hits);
        await PostAsync($"/api/transfers/{transfers[1]}/resume");
        foreach (var one in transfers)
            await places.DoneAsync(one);
    }

    private async Task PostAsync(string path)
    {
        using var answer = await Client.PostAsync(path, null);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A file in Drive whose name is its id with an ending.</summary>
    private async Task SeedAsync(string id, byte[] bytes) => _ = await Rig.Google.Drive.SeedAsync(
        new { items = new[] { new { name = $"{id}.bin", id, base64 = Convert.ToBase64String(bytes) } } });
}
