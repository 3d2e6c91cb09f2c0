using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>A service that has one file on its way at a time, whose turn ends with each piece.</summary>
public sealed class OneAtOncePlaces : TransferPlaces
{
    internal override IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Transfers:AtOnce"] = "1",
        ["Transfers:Turn"] = "00:00:00",
    };
}

/// <summary>Transfers that begin while the files of others take all places.</summary>
public sealed class TransferTurnTests(OneAtOncePlaces places) : IClassFixture<OneAtOncePlaces>, IAsyncLifetime
{
    private HttpClient Client => places.Client;

    public Task InitializeAsync() => places.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_transfer_does_not_wait_until_a_long_file_of_another_one_has_ended()
    {
        var drive = places.Rig.Google.Drive;
        var bytes = TransferRig.Bytes(1, 1_200_000);
        var connection = await places.Rig.Google.ConnectAsync(Client);
        var second = drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.Hold());
        var longer = await places.StartAsync(null, connection, "root", await TransferRig.PutAsync(Client, "long.bin", bytes));
        await second.Reached;

        var entry = await TransferRig.PutAsync(Client, "short.bin", TransferRig.Bytes(2, 1000));
        var shorter = await places.StartAsync(null, null, await OneDriveRig.MakeFolderAsync(Client, "in"), entry);
        await Eventually.HoldsAsync(async () =>
            (await places.ItemsAsync(shorter)).Single().GetProperty("state").GetString() == "queued");
        // The long file sends nothing more before the short one is done.
        var third = drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id" }, FaultAction.Hold());
        second.Release();
        await places.DoneAsync(shorter);
        Assert.Equal("running", (await TransferRig.GetAsync(Client, longer)).GetProperty("state").GetString());

        third.Release();
        await places.DoneAsync(longer);
        Assert.Equal([("long.bin", TransferPlaces.Sha256(bytes))], await places.Rig.Google.FilesAsync());
        Assert.Equal(0, (await places.ItemsAsync(longer)).Single().GetProperty("restarts").GetInt32());
    }
}
