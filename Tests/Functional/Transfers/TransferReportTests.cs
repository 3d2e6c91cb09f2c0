using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The reports of transfers about each file, and the sums.</summary>
public sealed class TransferReportTests(TransferPlaces places) : IClassFixture<TransferPlaces>, IAsyncLifetime
{
    private OneDriveRig Rig => places.Rig;

    private HttpClient Client => places.Client;

    public Task InitializeAsync() => places.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_lies_below_a_folder_that_cannot_be_made_is_listed_and_has_failed_with_its_reason()
    {
        string[] paths = ["tree/ok.bin", "tree/bad/1.bin", "tree/bad/deep/2.bin", "tree/bad/deep/deeper/3.bin"];
        foreach (var path in paths)
            _ = await TransferRig.PutAsync(Client, path, TransferRig.Bytes(path.Length, 1000));
        var google = await Rig.Google.ConnectAsync(Client);
        // The first folder is made, the second one is not.
        _ = Rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = @"^/drive/v3/files\?", Nth = 2 },
            FaultAction.Status(403, "insufficientFilePermissions"));
        var transfer = await places.StartAsync(null, google, "root", await TransferRig.EntryAsync(Client, "tree"));
        var ended = await TransferRig.UntilAsync(Client, transfer, "partly_done", "done", "failed");

        Assert.Equal("partly_done", ended.GetProperty("state").GetString());
        AssertFiles(ended, all: 4, done: 1, failed: 3);
        var failed = await places.ItemsAsync(transfer, "state=failed");
        Assert.Equal(
            ["tree/bad", "tree/bad/1.bin", "tree/bad/deep", "tree/bad/deep/2.bin", "tree/bad/deep/deeper", "tree/bad/deep/deeper/3.bin"],
            failed.Select(item => item.GetProperty("path").GetString()!).Order(StringComparer.Ordinal));
        Assert.Single(failed.Select(item => (item.GetProperty("fault").GetString(), item.GetProperty("reason").GetString())).Distinct());
        var report = await Client.GetStringAsync($"/api/transfers/{transfer}/report");
        Assert.All(paths, path => Assert.Contains(path, report, StringComparison.Ordinal));

        using var again = await Client.PostAsync($"/api/transfers/{transfer}/retry", null);
        Assert.True(again.IsSuccessStatusCode);
        AssertFiles(await TransferRig.UntilAsync(Client, transfer, "done"), all: 4, done: 4, failed: 0);
        Assert.Equal(paths.Order(), (await Rig.Google.FilesAsync()).Select(file => file.Path).Order());
    }

    [Fact]
    public async Task A_file_of_the_report_has_its_name_at_the_destination()
    {
        var google = await Rig.Google.ConnectAsync(Client);
        var first = await TransferRig.PutAsync(Client, "one/a.bin", TransferRig.Bytes(1, 1000));
        var second = await TransferRig.PutAsync(Client, "two/a.bin", TransferRig.Bytes(2, 1000));
        await places.DoneAsync(await places.StartAsync(null, google, "root", first));
        var transfer = await places.StartAsync(null, google, "root", second);
        await places.DoneAsync(transfer);
        var item = Assert.Single(await places.ItemsAsync(transfer));
        Assert.Equal("a (2).bin", item.GetProperty("targetName").GetString());
        // Drive keeps milliseconds.
        Assert.Equal(
            item.GetProperty("modifiedAt").GetDateTimeOffset().ToUnixTimeMilliseconds(),
            item.GetProperty("targetModifiedAt").GetDateTimeOffset().ToUnixTimeMilliseconds());
        var report = await Client.GetStringAsync($"/api/transfers/{transfer}/report");
        Assert.Contains("a (2).bin", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_refused_in_the_middle_of_a_download_is_renewed()
    {
        var bytes = TransferRig.Bytes(3, 900_000);
        _ = await Rig.Google.Drive.SeedAsync(
            new { items = new[] { new { name = "a.bin", id = "a", base64 = Convert.ToBase64String(bytes) } } });
        var google = await Rig.Google.ConnectAsync(Client);
        var refused = Rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "GET", PathRegex = "alt=media", Nth = 2 }, FaultAction.Status(401, "authError"));
        var folder = await OneDriveRig.MakeFolderAsync(Client, "in");
        var transfer = await places.StartAsync(google, null, folder, "a");
        await places.DoneAsync(transfer);
        Assert.Equal(1, refused.Hits);
        Assert.Equal([("a.bin", TransferPlaces.Sha256(bytes))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        // It costs no attempt, and the owner is not asked to sign in.
        var story = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/events?limit=200");
        Assert.DoesNotContain(
            story.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("kind").GetString()!),
            kind => kind == "tried_again" || kind.StartsWith("waits_", StringComparison.Ordinal));
    }

    private static void AssertFiles(JsonElement transfer, long all, long done, long failed)
    {
        var files = transfer.GetProperty("files");
        Assert.Equal(
            (all, done, all - done - failed, failed),
            (Number("all"), Number("done"), Number("skipped"), Number("failed")));

        long Number(string name) => files.GetProperty(name).GetInt64();
    }
}
