using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>What happens to storages, sign-ins and workers while files are on their way.</summary>
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
        // What the storage had accepted from the first worker was not sent by the second one.
        Assert.Equal(900_000, Rig.Google.Drive.Journal.Entries.Where(one => one.Operation == "upload.chunk").Sum(one => one.Received));
    }

    /// <summary>A file in Drive whose name is its id with an ending.</summary>
    private async Task SeedAsync(string id, byte[] bytes) => _ = await Rig.Google.Drive.SeedAsync(
        new { items = new[] { new { name = $"{id}.bin", id, base64 = Convert.ToBase64String(bytes) } } });
}
