using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Transfers inside of one account: its storage copies, and no byte passes through the service.</summary>
public sealed class InsideCopyTests(TransferPlaces places) : IClassFixture<TransferPlaces>, IAsyncLifetime
{
    private static readonly DateTimeOffset Old = new(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private OneDriveRig Rig => places.Rig;

    private HttpClient Client => places.Client;

    public Task InitializeAsync() => places.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Google_Drive_copies_by_itself_also_when_an_answer_is_lost()
    {
        var drive = await Rig.Google.ConnectAsync(Client);
        _ = await TransferRig.PutAsync(Client, "box/a.bin", TransferRig.Bytes(1, 600_000));
        _ = await TransferRig.PutAsync(Client, "box/deep/b.bin", TransferRig.Bytes(2, 2000));
        await places.DoneAsync(await places.StartAsync(null, drive, "root", await TransferRig.EntryAsync(Client, "box")));
        var box = await OneDriveRig.FindAsync(Client, drive, "root", "box");
        _ = await TransferRig.PutAsync(Client, "to/x.txt", [1]);
        await places.DoneAsync(await places.StartAsync(null, drive, "root", await TransferRig.EntryAsync(Client, "to")));
        var before = Calls(Rig.Google.Drive, "upload.").Count;
        Assert.NotEqual(0, before);
        var lost = Rig.Google.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "/copy" }, FaultAction.ResetBeforeReply());
        Assert.NotNull(lost);
        var transfer = await places.StartAsync(drive, drive, await OneDriveRig.FindAsync(Client, drive, "root", "to"), box);
        await places.DoneAsync(transfer);
        Assert.Equal(
            [
                ("box/a.bin", Sha256(TransferRig.Bytes(1, 600_000))), ("box/deep/b.bin", Sha256(TransferRig.Bytes(2, 2000))),
                ("to/box/a.bin", Sha256(TransferRig.Bytes(1, 600_000))), ("to/box/deep/b.bin", Sha256(TransferRig.Bytes(2, 2000))),
                ("to/x.txt", Sha256([1])),
            ],
            (await Rig.Google.FilesAsync()).Order());
        Assert.Equal(before, Calls(Rig.Google.Drive, "upload.").Count);
        Assert.Equal(3, Calls(Rig.Google.Drive, "files.copy").Count);
        Assert.All(await FilesOfAsync(transfer), file => Assert.Equal("sha256", file.GetProperty("verifiedBy").GetString()));
    }

    [Theory]
    [InlineData(OneDriveRig.Ann)]
    [InlineData(OneDriveRig.Ben)]
    public async Task OneDrive_copies_by_itself_and_keeps_the_time(string account)
    {
        var bytes = TransferRig.Bytes(3, 900_000);
        _ = await Rig.Graph.SeedAsync(new
        {
            account,
            items = new[]
            {
                new { path = "box/a.bin", base64 = Convert.ToBase64String(bytes), modified = $"{Old:O}" },
                new { path = "to/x.txt", base64 = "AQ==", modified = $"{Old:O}" },
            },
        });
        var drive = await Rig.ConnectAsync(Client, account);
        var box = await OneDriveRig.FindAsync(Client, drive, "root", "box");
        var to = await OneDriveRig.FindAsync(Client, drive, "root", "to");
        _ = Rig.Graph.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "/copy" }, FaultAction.ResetBeforeReply());
        var transfer = await places.StartAsync(drive, drive, to, box);
        await places.DoneAsync(transfer);
        var files = await OneDriveRig.FilesAsync(Rig.DriveOf(account));
        Assert.Equal(
            [("to/box/a.bin", Sha256(bytes)), ("to/x.txt", Sha256([1]))],
            files.Where(file => file.Path.StartsWith("to/", StringComparison.Ordinal)));
        Assert.Empty(Calls(Rig.Graph, "session.put"));
        var file = Assert.Single(await FilesOfAsync(transfer));
        Assert.Equal(JsonValueKind.Null, file.GetProperty("targetModifiedAt").ValueKind);
        Assert.NotNull(file.GetProperty("verifiedBy").GetString());
    }

    [Fact]
    public async Task A_file_that_the_storage_does_not_copy_is_sent_and_what_is_to_be_read_back_too()
    {
        var drive = await Rig.Google.ConnectAsync(Client);
        var entry = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 1000));
        await places.DoneAsync(await places.StartAsync(null, drive, "root", entry));
        var file = await OneDriveRig.FindAsync(Client, drive, "root", "a.bin");
        _ = Rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = "/copy", Times = 0 }, FaultAction.Status(403, "cannotCopyFile"));
        _ = await TransferRig.PutAsync(Client, "to/x.txt", [1]);
        await places.DoneAsync(await places.StartAsync(null, drive, "root", await TransferRig.EntryAsync(Client, "to")));
        var to = await OneDriveRig.FindAsync(Client, drive, "root", "to");
        var before = Calls(Rig.Google.Drive, "upload.chunk").Count;
        await places.DoneAsync(await places.StartAsync(drive, drive, to, file));
        Assert.Equal(before + 1, Calls(Rig.Google.Drive, "upload.chunk").Count);
        Assert.Contains(("to/a.bin", Sha256(TransferRig.Bytes(1, 1000))), await Rig.Google.FilesAsync());

        // A file that must be read back is never copied by the storage itself.
        var asked = Calls(Rig.Google.Drive, "files.copy").Count;
        var options = new { verify = "read_back", taken = "keep_both" };
        await places.DoneAsync(await OneDriveRig.TransferAsync(Client, drive, drive, to, options, file));
        Assert.Equal(asked, Calls(Rig.Google.Drive, "files.copy").Count);
    }

    private static List<JournalEntry> Calls(EmulatorHost emulator, string operation) =>
        [.. emulator.Journal.Entries.Where(one => one.Operation?.StartsWith(operation, StringComparison.Ordinal) == true)];

    private async Task<IReadOnlyList<JsonElement>> FilesOfAsync(string transfer) =>
        [.. (await places.ItemsAsync(transfer)).Where(item => item.GetProperty("kind").GetString() == "file")];
}
