using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Infrastructure.Connectors.Graph;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Drive to OneDrive, and OneDrive to the service's own files and back, through the API.</summary>
public sealed class OneDriveTests(TransferPlaces places) : IClassFixture<TransferPlaces>, IAsyncLifetime
{
    private OneDriveRig Rig => places.Rig;

    private HttpClient Client => places.Client;

    public Task InitializeAsync() => places.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(OneDriveRig.Ann)]
    [InlineData(OneDriveRig.Ben)]
    public async Task A_tree_goes_from_Drive_to_OneDrive_and_into_the_service_and_stays_equal(string account)
    {
        var expected = await DriveExportTests.MakeTreeAsync(Client, 40);
        var google = await Rig.Google.ConnectAsync(Client);
        var microsoft = await Rig.ConnectAsync(Client, account);
        await DoneAsync(null, google, "root", await TransferRig.EntryAsync(Client, "tree"));

        await DoneAsync(google, microsoft, "root", await OneDriveRig.FindAsync(Client, google, "root", "tree"));
        var named = expected
            .Select(file => (Path: string.Join('/', file.Path.Split('/').Select(GraphNames.NameOf)), file.Sha256))
            .Order().ToList();
        Assert.Equal(named, await OneDriveRig.FilesAsync(Rig.DriveOf(account)));

        var back = await OneDriveRig.MakeFolderAsync(Client, "back");
        await DoneAsync(microsoft, null, back, await OneDriveRig.FindAsync(Client, microsoft, "root", "tree"));
        Assert.Equal(named, await OneDriveRig.OwnFilesAsync(Client, "back"));

        // The same again changes nothing.
        var transfer = await places.StartAsync(microsoft, null, back, await OneDriveRig.FindAsync(Client, microsoft, "root", "tree"));
        var done = await TransferRig.UntilAsync(Client, transfer, "done", "failed", "partly_done");
        Assert.Equal(40, done.GetProperty("files").GetProperty("skipped").GetInt64());
        Assert.Equal(named, await OneDriveRig.OwnFilesAsync(Client, "back"));
    }

    [Theory]
    [InlineData("replace")]
    [InlineData("keep_both")]
    public async Task Names_that_are_one_name_there_stay_apart_when_they_are_sent_again(string taken)
    {
        var folder = await OneDriveRig.MakeFolderAsync(Client, "folds");
        var names = new[] { "a.txt", "A.txt", "\u0130.txt", "i\u0307.txt" };
        foreach (var (name, i) in names.Select((name, i) => (name, i)))
            _ = await TransferRig.PutAsync(Client, $"folds/{Uri.EscapeDataString(name)}", TransferRig.Bytes(i, 1000 + i));
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        await places.DoneAsync(await SendAsync());
        var first = await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann));
        Assert.Equal(
            Enumerable.Range(0, names.Length).Select(i => Sha256(TransferRig.Bytes(i, 1000 + i))).Order(),
            first.Select(file => file.Sha256).Order());

        for (var again = 0; again < 3; again++)
        {
            await places.DoneAsync(await SendAsync());
            Assert.Equal(first, await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)));
        }

        Task<string> SendAsync() => OneDriveRig.TransferAsync(Client, null, microsoft, "root", new { taken }, folder);
    }

    [Fact]
    public async Task A_tree_goes_into_a_library_of_SharePoint_and_its_pages_are_followed()
    {
        Rig.Graph.Switches.Set("pageSize", 3);
        var expected = await DriveExportTests.MakeTreeAsync(Client, 10);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        var library = await OneDriveRig.FindAsync(Client, microsoft, "", "Documents");
        await DoneAsync(null, microsoft, library, await TransferRig.EntryAsync(Client, "tree"));
        Assert.Equal(
            expected.Select(file => file.Sha256).Order(),
            (await OneDriveRig.FilesAsync(Rig.Library)).Select(file => file.Sha256).Order());
    }

    [Fact]
    public async Task Pieces_are_multiples_of_320_KiB_and_the_times_are_kept()
    {
        var bytes = TransferRig.Bytes(1, 1_000_000);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        var entry = await TransferRig.PutAsync(Client, "film.mp4", bytes);
        var transfer = await places.StartAsync(null, microsoft, "root", entry);
        await TransferRig.UntilAsync(Client, transfer, "done");
        var pieces = Rig.Graph.Journal.Entries.Where(one => one is { Method: "PUT", Listener: 1 }).Select(one => one.Received);
        Assert.Equal([327_680, 327_680, 327_680, 16_960], pieces);
        var item = Assert.Single(await places.ItemsAsync(transfer));
        Assert.Equal(Sha256(bytes), item.GetProperty("sha256").GetString());
        Assert.Contains(item.GetProperty("verifiedBy").GetString(), new[] { "sha256", "quick_xor" });
        var own = (await Client.GetFromJsonAsync<JsonElement>("/api/tree/")).GetProperty("items")[0];
        var there = Rig.DriveOf(OneDriveRig.Ben).All().Single(one => one.Content is not null).FileModified;
        Assert.InRange(own.GetProperty("modifiedAt").GetDateTimeOffset() - there, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_reply_that_is_dropped_after_the_session_or_the_last_piece_makes_no_second_file()
    {
        var bytes = TransferRig.Bytes(2, 700_000);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        // The address of the first session is lost, and this drive has one session for a name.
        Rig.Graph.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "createUploadSession" }, FaultAction.ResetBeforeReply());
        Rig.Graph.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "^/upload/", Nth = 3 }, FaultAction.ResetBeforeReply());
        await DoneAsync(null, microsoft, "root", await TransferRig.PutAsync(Client, "a.bin", bytes));
        Assert.Equal([("a.bin", Sha256(bytes))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)));
    }

    [Fact]
    public async Task A_lost_session_begins_again()
    {
        var bytes = TransferRig.Bytes(3, 900_000);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        var held = Rig.Graph.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "^/upload/", Nth = 2 }, FaultAction.Hold());
        var transfer = await places.StartAsync(null, microsoft, "root", await TransferRig.PutAsync(Client, "b.bin", bytes));
        await held.Reached;
        Rig.Graph.Clock.Advance(TimeSpan.FromDays(2));
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("b.bin", Sha256(bytes))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)));
        Assert.Equal(1, Assert.Single(await places.ItemsAsync(transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task A_name_that_is_taken_under_way_is_kept_beside_ours()
    {
        var bytes = TransferRig.Bytes(4, 700_000);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        var held = Rig.Graph.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "^/upload/", Nth = 3 }, FaultAction.Hold());
        var transfer = await places.StartAsync(null, microsoft, "root", await TransferRig.PutAsync(Client, "c.bin", bytes));
        await held.Reached;
        await Rig.SeedAsync(OneDriveRig.Ben, "c.bin", [1, 2, 3]);
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal(
            [("c 1.bin", Sha256(bytes)), ("c.bin", Sha256([1, 2, 3]))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ben)));
    }

    [Theory]
    [InlineData(429, "activityLimitReached")]
    [InlineData(503, "serviceNotAvailable")]
    public async Task A_storm_of_refusals_delays_and_breaks_nothing(int status, string reason)
    {
        var expected = await DriveExportTests.MakeTreeAsync(Client, 6);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        Rig.Graph.Faults.Add(
            new FaultMatch { PathRegex = "^/v1.0/drives", Nth = 3, Times = 3 }, FaultAction.Status(status, reason, ("Retry-After", "1")));
        await DoneAsync(null, microsoft, "root", await TransferRig.EntryAsync(Client, "tree"));
        Assert.Equal(
            expected.Select(file => file.Sha256).Order(),
            (await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ben))).Select(file => file.Sha256).Order());
    }

    [Fact]
    public async Task A_full_drive_makes_it_wait_until_there_is_room()
    {
        var bytes = TransferRig.Bytes(5, 700_000);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        await Rig.ApplyAsync(new { kind = "quota", account = OneDriveRig.Ann, bytes = 1000 });
        var transfer = await places.StartAsync(null, microsoft, "root", await TransferRig.PutAsync(Client, "d.bin", bytes));
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("quota", waiting.GetProperty("wait").GetProperty("reason").GetString());
        await Rig.ApplyAsync(new { kind = "quota", account = OneDriveRig.Ann, bytes = 10_000_000 });
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("d.bin", Sha256(bytes))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)));
    }

    [Fact]
    public async Task Office_files_that_SharePoint_changes_are_done_and_not_sent_again()
    {
        Rig.Graph.Switches.Set("rewriteOfficeFiles", true);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        var entry = await TransferRig.PutAsync(Client, "report.docx", TransferRig.Bytes(6, 500_000));
        var transfer = await places.StartAsync(null, microsoft, "root", entry);
        await TransferRig.UntilAsync(Client, transfer, "done");
        var item = Assert.Single(await places.ItemsAsync(transfer));
        Assert.StartsWith("Changed by the storage", item.GetProperty("reason").GetString(), StringComparison.Ordinal);

        transfer = await places.StartAsync(null, microsoft, "root", entry);
        var again = await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal(1, again.GetProperty("files").GetProperty("skipped").GetInt64());
        Assert.Single(await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)));
    }

    [Fact]
    public async Task A_corrupted_byte_is_found_and_sent_again()
    {
        var bytes = TransferRig.Bytes(7, 700_000);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        Rig.Graph.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "^/upload/", Nth = 2 }, new FaultAction { Kind = "corruptByte", Offset = 1000 });
        await DoneAsync(null, microsoft, "root", await TransferRig.PutAsync(Client, "e.bin", bytes));
        Assert.Equal([("e.bin", Sha256(bytes))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)));
    }

    [Fact]
    public async Task An_ended_sign_in_makes_it_wait_until_it_is_renewed()
    {
        var bytes = TransferRig.Bytes(8, 700_000);
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        var held = Rig.Graph.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "createUploadSession" }, FaultAction.Hold());
        var transfer = await places.StartAsync(null, microsoft, "root", await TransferRig.PutAsync(Client, "f.bin", bytes));
        await held.Reached;
        await Rig.ApplyAsync(new { kind = "revokeSignIn", account = OneDriveRig.Ben });
        Rig.Graph.Switches.Set("acceptAnyToken", false);
        held.Release();
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("sign_in", waiting.GetProperty("wait").GetProperty("reason").GetString());
        using var renewed = await Client.PutAsJsonAsync(
            $"/api/connections/{microsoft}/secret", new { refreshToken = await Rig.SignInAsync(OneDriveRig.Ben) });
        await TransferRig.ReadAsync(renewed, 200);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("f.bin", Sha256(bytes))], await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ben)));
    }

    [Fact]
    public async Task What_cannot_be_moved_is_left_out_with_its_reason()
    {
        _ = await Rig.Graph.SeedAsync(new
        {
            account = OneDriveRig.Ben,
            items = new object[]
            {
                new { path = "all/notes", package = true },
                new { path = "all/bad.exe", text = "x", malware = "EICAR" },
                new { path = "all/good.txt", text = "good" },
            },
        });
        var microsoft = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        var back = await OneDriveRig.MakeFolderAsync(Client, "back");
        var transfer = await places.StartAsync(microsoft, null, back, await OneDriveRig.FindAsync(Client, microsoft, "root", "all"));
        var done = await TransferRig.UntilAsync(Client, transfer, "done", "partly_done", "failed");
        Assert.Equal(2, done.GetProperty("files").GetProperty("skipped").GetInt64());
        var reasons = (await places.ItemsAsync(transfer)).Select(item => item.GetProperty("reason").GetString() ?? "").ToList();
        Assert.Contains(reasons, reason => reason.Contains("OneNote", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("malware", StringComparison.Ordinal));
        Assert.Equal(["all/good.txt"], (await OneDriveRig.OwnFilesAsync(Client, "back")).Select(file => file.Path));
    }

    private async Task DoneAsync(string? source, string? destination, string folder, params string[] items) =>
        await places.DoneAsync(await places.StartAsync(source, destination, folder, items));
}
