using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>OneDrive into the service's own files: versions, names, and what the source does meanwhile.</summary>
public sealed class ImportTests(TransferPlaces places) : IClassFixture<TransferPlaces>, IAsyncLifetime
{
    private string _folder = null!;

    private OneDriveRig Rig => places.Rig;

    private HttpClient Client => places.Client;

    public async Task InitializeAsync()
    {
        await places.EmptyAsync();
        _folder = await OneDriveRig.MakeFolderAsync(Client, "in");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_source_that_is_changed_under_way_is_read_anew_and_never_mixed()
    {
        var (before, after) = (TransferRig.Bytes(1, 900_000), TransferRig.Bytes(2, 900_000));
        var (connection, item) = await SeedAsync(OneDriveRig.Ben, before);
        var held = Rig.Graph.Faults.Add(new FaultMatch { Method = "GET", PathRegex = "^/download/", Nth = 3 }, FaultAction.Hold());
        var transfer = await StartAsync(connection, null, item);
        await held.Reached;
        await Rig.SeedAsync(OneDriveRig.Ben, "film.mp4", after);
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("film.mp4", Sha256(after))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        Assert.Equal(1, Assert.Single(await places.ItemsAsync(transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task A_large_file_of_an_organization_is_read_to_its_end_as_it_was()
    {
        var (before, after) = (TransferRig.Bytes(3, 5_000_000), TransferRig.Bytes(4, 5_000_000));
        var (connection, item) = await SeedAsync(OneDriveRig.Ann, before);
        var held = Rig.Graph.Faults.Add(new FaultMatch { Method = "GET", PathRegex = "^/download/", Nth = 5 }, FaultAction.Hold());
        var transfer = await StartAsync(connection, null, item);
        await held.Reached;
        await Rig.SeedAsync(OneDriveRig.Ann, "film.mp4", after);
        await Rig.ApplyAsync(new { kind = "expireDownloadUrls" });
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("film.mp4", Sha256(before))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        Assert.Equal(0, Assert.Single(await places.ItemsAsync(transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task An_address_that_ends_and_a_connection_that_breaks_cost_no_byte_that_came()
    {
        var bytes = TransferRig.Bytes(5, 1_200_000);
        var (connection, item) = await SeedAsync(OneDriveRig.Ben, bytes);
        Rig.Graph.Faults.Add(
            new FaultMatch { Method = "GET", PathRegex = "^/download/", Nth = 2 }, FaultAction.ResetAfter(100_000, "response"));
        Rig.Graph.Faults.Add(new FaultMatch { Method = "GET", PathRegex = "^/download/", Nth = 4 }, FaultAction.Status(403));
        Rig.Graph.Faults.Add(
            new FaultMatch { Method = "GET", PathRegex = "^/download/", Nth = 5 }, new FaultAction { Kind = "ignoreRange" });
        var transfer = await StartAsync(connection, null, item);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("film.mp4", Sha256(bytes))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        Assert.Equal(0, Assert.Single(await places.ItemsAsync(transfer)).GetProperty("restarts").GetInt32());
    }

    [Theory]
    [InlineData("skip", new[] { "film.mp4" }, false)]
    [InlineData("replace", new[] { "film.mp4" }, true)]
    [InlineData("replace_older", new[] { "film.mp4" }, false)]
    [InlineData("keep_both", new[] { "film (2).mp4", "film.mp4" }, false)]
    public async Task A_taken_name_is_treated_as_asked_for(string taken, string[] names, bool replaced)
    {
        var (ours, theirs) = (TransferRig.Bytes(6, 1000), TransferRig.Bytes(7, 2000));
        var (connection, item) = await SeedAsync(OneDriveRig.Ben, theirs);
        // A file that is made now is not older than what was there before.
        await TransferRig.PutAsync(Client, "in/film.mp4", ours);
        _ = await Rig.Graph.SeedAsync(new
        {
            account = OneDriveRig.Ben,
            items = new[] { new { path = "film.mp4", base64 = Convert.ToBase64String(theirs), modified = "2020-01-02T03:04:05Z" } },
        });
        var transfer = await StartAsync(connection, new { taken }, item);
        await TransferRig.UntilAsync(Client, transfer, "done");
        var files = await OneDriveRig.OwnFilesAsync(Client, "in");
        Assert.Equal(names, files.Select(file => file.Path).Order(StringComparer.Ordinal));
        Assert.Equal(
            Sha256(replaced ? theirs : ours), files.Single(file => file.Path == "film.mp4").Sha256);
        if (names.Length == 2)
            Assert.Equal(Sha256(theirs), files.Single(file => file.Path != "film.mp4").Sha256);
    }

    [Fact]
    public async Task Times_are_kept_and_the_arrived_file_is_an_upload_as_any_other()
    {
        var bytes = TransferRig.Bytes(8, 400_000);
        _ = await Rig.Graph.SeedAsync(new
        {
            account = OneDriveRig.Ben,
            items = new[] { new { path = "old.bin", base64 = Convert.ToBase64String(bytes), modified = "2020-01-02T03:04:05Z" } },
        });
        var connection = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        var transfer = await StartAsync(connection, null, await OneDriveRig.FindAsync(Client, connection, "root", "old.bin"));
        await TransferRig.UntilAsync(Client, transfer, "done");
        var list = await Client.GetFromJsonAsync<JsonElement>("/api/tree/in/");
        var entry = Assert.Single(list.GetProperty("items").EnumerateArray());
        Assert.StartsWith("2020-01-02T03:04:05", entry.GetProperty("modifiedAt").GetString(), StringComparison.Ordinal);
        Assert.Equal(Sha256(bytes), entry.GetProperty("sha256").GetString());
        var item = Assert.Single(await places.ItemsAsync(transfer));
        Assert.Equal("sha256", item.GetProperty("verifiedBy").GetString());
    }

    [Fact]
    public async Task A_used_up_quota_makes_it_wait_until_there_is_room()
    {
        var bytes = TransferRig.Bytes(9, 400_000);
        var (connection, item) = await SeedAsync(OneDriveRig.Ben, bytes);
        await LimitAsync(1000);
        var transfer = await StartAsync(connection, null, item);
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("quota", waiting.GetProperty("wait").GetProperty("reason").GetString());
        await LimitAsync(10_000_000);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("film.mp4", Sha256(bytes))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        await LimitAsync(1L << 40);

        async Task LimitAsync(long storedBytes)
        {
            using var answer = await Client.PutAsJsonAsync("/api/limits/tenant/default", new { storedBytes });
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}");
        }
    }

    private async Task<(string Connection, string Item)> SeedAsync(string account, byte[] bytes)
    {
        await Rig.SeedAsync(account, "film.mp4", bytes);
        var connection = await Rig.ConnectAsync(Client, account);
        return (connection, await OneDriveRig.FindAsync(Client, connection, "root", "film.mp4"));
    }

    private Task<string> StartAsync(string connection, object? options, string item) =>
        OneDriveRig.TransferAsync(Client, connection, null, _folder, options, item);
}
