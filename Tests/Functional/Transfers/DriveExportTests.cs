using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Own files to Google Drive, through the API.</summary>
public sealed class DriveExportTests(TransferPlaces places) : IClassFixture<TransferPlaces>, IAsyncLifetime
{
    private string _connection = null!;

    private TransferRig Rig => places.Rig.Google;

    private HttpClient Client => places.Client;

    public async Task InitializeAsync()
    {
        await places.EmptyAsync();
        _connection = await Rig.ConnectAsync(Client);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_file_of_several_pieces_arrives_whole()
    {
        var bytes = TransferRig.Bytes(1, 1_000_000);
        var entry = await TransferRig.PutAsync(Client, "holiday.mp4", bytes);
        var transfer = await StartAsync(entry);
        var done = await TransferRig.UntilAsync(Client, transfer, "done", "failed", "partly_done");
        Assert.Equal("done", done.GetProperty("state").GetString());
        Assert.Equal(1_000_000, done.GetProperty("bytes").GetProperty("done").GetInt64());
        Assert.Equal([("holiday.mp4", Sha256(bytes))], await Rig.FilesAsync());
        var item = Assert.Single(await places.ItemsAsync(transfer));
        Assert.Equal("sha256", item.GetProperty("verifiedBy").GetString());
        Assert.Equal(Sha256(bytes), item.GetProperty("sha256").GetString());
        // Four pieces, and none of them twice.
        Assert.Equal(4, Puts().Count);
        Assert.Equal(1_000_000, Puts().Sum(entry => entry.Received));
        var calls = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/calls");
        Assert.Contains(calls.GetProperty("items").EnumerateArray(), call => call.GetProperty("operation").GetString() == "upload.put");
        Assert.DoesNotContain("http", calls.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tree_of_60_files_arrives_equal()
    {
        var expected = await MakeTreeAsync(Client, 60);
        var transfer = await StartAsync(await TransferRig.EntryAsync(Client, "tree"));
        var done = await TransferRig.UntilAsync(Client, transfer, "done", "failed", "partly_done");
        Assert.Equal("done", done.GetProperty("state").GetString());
        Assert.Equal(expected, (await Rig.FilesAsync()).Order().ToList());
        Assert.Equal(60, done.GetProperty("files").GetProperty("done").GetInt64());

        // The same again changes nothing.
        transfer = await StartAsync(await TransferRig.EntryAsync(Client, "tree"));
        done = await TransferRig.UntilAsync(Client, transfer, "done", "failed", "partly_done");
        Assert.Equal(60, done.GetProperty("files").GetProperty("skipped").GetInt64());
        Assert.Equal(expected, (await Rig.FilesAsync()).Order().ToList());
        var report = await Client.GetStringAsync($"/api/transfers/{transfer}/report");
        Assert.Equal(68, report.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task A_reply_that_is_dropped_after_the_last_piece_makes_no_second_file()
    {
        var bytes = TransferRig.Bytes(2, 600_000);
        var entry = await TransferRig.PutAsync(Client, "a.bin", bytes);
        Rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 3 }, FaultAction.ResetBeforeReply());
        Rig.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "uploadType", Nth = 1 }, FaultAction.ResetBeforeReply());
        var transfer = await StartAsync(entry);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("a.bin", Sha256(bytes))], await Rig.FilesAsync());
    }

    [Theory]
    [InlineData(403, "userRateLimitExceeded")]
    [InlineData(429, "rateLimitExceeded")]
    [InlineData(503, "backendError")]
    public async Task A_storm_of_refusals_delays_and_breaks_nothing(int status, string reason)
    {
        var expected = await MakeTreeAsync(Client, 10);
        Rig.Drive.Faults.Add(new FaultMatch { PathRegex = "/drive/v3/files", Nth = 4, Times = 25 }, FaultAction.Status(status, reason));
        var transfer = await StartAsync(await TransferRig.EntryAsync(Client, "tree"));
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal(expected, (await Rig.FilesAsync()).Order().ToList());
    }

    [Fact]
    public async Task A_lost_session_begins_again_and_an_expired_token_is_renewed()
    {
        var bytes = TransferRig.Bytes(3, 900_000);
        var entry = await TransferRig.PutAsync(Client, "b.bin", bytes);
        var held = Rig.Drive.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.Hold());
        var transfer = await StartAsync(entry);
        await held.Reached;
        Rig.Drive.Clock.Advance(TimeSpan.FromDays(8));
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("b.bin", Sha256(bytes))], await Rig.FilesAsync());
        Assert.Equal(1, Assert.Single(await places.ItemsAsync(transfer)).GetProperty("restarts").GetInt32());
        Assert.True(Rig.Drive.Journal.Entries.Count(one => one.Operation == "oauth.token") >= 3);
    }

    [Fact]
    public async Task A_full_destination_makes_it_wait_until_there_is_room()
    {
        var bytes = TransferRig.Bytes(4, 700_000);
        var entry = await TransferRig.PutAsync(Client, "c.bin", bytes);
        await ApplyAsync(Rig.Drive, new { kind = "quota", bytes = 1000 });
        var transfer = await StartAsync(entry);
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("quota", waiting.GetProperty("wait").GetProperty("reason").GetString());
        await ApplyAsync(Rig.Drive, new { kind = "quota", bytes = 10_000_000 });
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("c.bin", Sha256(bytes))], await Rig.FilesAsync());
    }

    [Fact]
    public async Task An_ended_sign_in_makes_it_wait_until_it_is_renewed()
    {
        var bytes = TransferRig.Bytes(5, 700_000);
        var entry = await TransferRig.PutAsync(Client, "d.bin", bytes);
        var held = Rig.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "uploadType" }, FaultAction.Hold());
        var transfer = await StartAsync(entry);
        await held.Reached;
        await ApplyAsync(Rig.Drive, new { kind = "revokeSignIn", account = TransferRig.Account });
        Rig.Drive.Switches.Set("acceptAnyToken", JsonSerializer.SerializeToElement(false));
        held.Release();
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("sign_in", waiting.GetProperty("wait").GetProperty("reason").GetString());
        var connection = await Client.GetFromJsonAsync<JsonElement>($"/api/connections/{_connection}");
        Assert.Equal("needs_sign_in", connection.GetProperty("state").GetString());
        using var renewed = await Client.PutAsJsonAsync(
            $"/api/connections/{_connection}/secret", new { refreshToken = await Rig.SignInAsync() });
        await TransferRig.ReadAsync(renewed, 200);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Rig.Drive.Switches.Set("acceptAnyToken", JsonSerializer.SerializeToElement(true));
        Assert.Equal([("d.bin", Sha256(bytes))], await Rig.FilesAsync());
    }

    [Fact]
    public async Task A_corrupted_byte_is_found_and_sent_again()
    {
        var bytes = TransferRig.Bytes(6, 600_000);
        var entry = await TransferRig.PutAsync(Client, "e.bin", bytes);
        Rig.Drive.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, new FaultAction { Kind = "corruptByte", Offset = 1000 });
        var transfer = await StartAsync(entry);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("e.bin", Sha256(bytes))], await Rig.FilesAsync());
    }

    [Fact]
    public async Task Pause_resume_and_cancel_do_what_they_say()
    {
        var entry = await TransferRig.PutAsync(Client, "f.bin", TransferRig.Bytes(7, 900_000));
        var held = Rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 2 }, FaultAction.Hold());
        var transfer = await StartAsync(entry);
        await held.Reached;
        await PostAsync($"/api/transfers/{transfer}/pause");
        Assert.Equal("paused", (await TransferRig.GetAsync(Client, transfer)).GetProperty("state").GetString());
        held.Release();
        await PostAsync($"/api/transfers/{transfer}/resume");
        await TransferRig.UntilAsync(Client, transfer, "done");

        var second = Rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 1 }, FaultAction.Hold());
        transfer = await StartAsync(await TransferRig.PutAsync(Client, "g.bin", TransferRig.Bytes(8, 900_000)));
        await second.Reached;
        await PostAsync($"/api/transfers/{transfer}/cancel");
        second.Release();
        await TransferRig.UntilAsync(Client, transfer, "cancelled");
        Assert.Single(await Rig.FilesAsync());
        using var again = await Client.PostAsync($"/api/transfers/{transfer}/pause", null);
        Assert.Equal(409, (int)again.StatusCode);
    }

    /// <summary>Files of all kinds in seven folders, as paths and digests.</summary>
    internal static async Task<IReadOnlyList<(string Path, string Sha256)>> MakeTreeAsync(HttpClient client, int count)
    {
        var expected = new List<(string, string)>();
        string[] odd = ["a'b.txt", "ünï\\cödé 測試.bin", "100% #1?.dat", " spaced .txt", "=cmd.csv", "no ending", ".hidden"];
        for (var i = 0; i < count; i++)
        {
            var name = i < odd.Length ? odd[i] : $"file {i}.bin";
            var bytes = TransferRig.Bytes(100 + (i % 50), i % 10 == 0 ? 0 : i % 7 == 0 ? 300_000 + i : 1000 * i);
            var path = $"tree/folder {i % 6}/{name}";
            _ = await TransferRig.PutAsync(client, path, bytes);
            expected.Add((path, Sha256(bytes)));
        }

        return [.. expected.Order()];
    }

    private async Task<string> StartAsync(params string[] items) =>
        (await TransferRig.TransferAsync(Client, _connection, null, items)).GetProperty("id").GetString()!;

    private async Task PostAsync(string path)
    {
        using var answer = await Client.PostAsync(path, null);
        await TransferRig.ReadAsync(answer, 200);
    }

    private List<JournalEntry> Puts() => [.. Rig.Drive.Journal.Entries.Where(
        one => one.Method == "PUT" && one.Request.TryGetValue("Content-Range", out var range)
            && !range.StartsWith("bytes */", StringComparison.Ordinal))];
}
