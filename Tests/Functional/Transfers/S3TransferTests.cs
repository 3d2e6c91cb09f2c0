using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The service's own files to S3 and back, and what the store does meanwhile.</summary>
public sealed class S3TransferTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private S3Rig _rig = null!;
    private TestService _service = null!;
    private string _connection = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await S3Rig.StartAsync();
        _service = await TestService.StartAsync(postgres, new Dictionary<string, string>(S3Rig.Settings)
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
            ["Transfers:FullPause"] = "00:00:00.300",
        });
        _connection = await _rig.ConnectAsync(Client);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_tree_goes_there_and_back_with_its_bytes_and_times()
    {
        var made = (await DriveExportTests.MakeTreeAsync(Client, 24)).ToList();
        foreach (var (name, length) in new[] { ("whole.bin", S3Rig.Part), ("parts.bin", (2 * S3Rig.Part) + 1000), ("no.bytes", 0) })
            made.Add(($"tree/{name}", await OwnAsync($"tree/{name}", TransferRig.Bytes(length, length))));
        var expected = made.Order().ToList();
        var times = await TimesAsync("tree");

        await DoneAsync(null, _connection, "root", await TransferRig.EntryAsync(Client, "tree"));
        Assert.Equal(expected, await _rig.FilesAsync());
        Assert.Equal(0, _rig.OpenUploads);

        var back = await OneDriveRig.MakeFolderAsync(Client, "back");
        await DoneAsync(_connection, null, back, "box/tree/");
        Assert.Equal(expected, await OneDriveRig.OwnFilesAsync(Client, "back"));
        Assert.Equal(times, await TimesAsync("back/tree"));

        // Once more: all of it is there already.
        var again = await DoneAsync(null, _connection, "root", await TransferRig.EntryAsync(Client, "tree"));
        Assert.All(
            (await S3Rig.ItemsAsync(Client, again)).Where(item => item.GetProperty("kind").GetString() == "file"),
            item => Assert.Equal("skipped", item.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Inside_of_one_connection_the_store_copies_by_itself()
    {
        var old = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await _rig.SeedAsync(
            S3Rig.Object("from/a.bin", TransferRig.Bytes(1, 9000), old), S3Rig.Object("from/deep/b.bin", TransferRig.Bytes(2, 10)),
            S3Rig.Object("to/from/deep/b.bin", [1]));
        _rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "/to/from/a.bin$", Nth = 1 }, FaultAction.ResetBeforeReply());
        var transfer = await DoneAsync(_connection, _connection, "box/to/", "box/from/");
        Assert.Equal(
            [
                ("a.bin", TransferPlaces.Sha256(TransferRig.Bytes(1, 9000))),
                ("deep/b (2).bin", TransferPlaces.Sha256(TransferRig.Bytes(2, 10))), ("deep/b.bin", TransferPlaces.Sha256([1])),
            ],
            await _rig.FilesAsync("to/from/"));
        Assert.Empty(_rig.Calls("GetObject"));
        Assert.Empty(_rig.Calls("PutObject"));
        var copied = (await S3Rig.ItemsAsync(Client, transfer)).Single(item => item.GetProperty("path").GetString() == "from/a.bin");
        Assert.Equal("md5", copied.GetProperty("verifiedBy").GetString());
        Assert.Equal(JsonValueKind.Null, copied.GetProperty("targetModifiedAt").ValueKind);
    }

    [Fact]
    public async Task Small_files_are_verified_by_their_sha256_and_large_ones_by_parts()
    {
        var small = await PutAsync("v/small.bin", TransferRig.Bytes(1, 10_000));
        var large = await PutAsync("v/large.bin", TransferRig.Bytes(2, S3Rig.Part + 1));
        var items = await S3Rig.ItemsAsync(Client, await DoneAsync(null, _connection, "root", small, large));
        Assert.Equal(["parts", "sha256"], items.Select(item => item.GetProperty("verifiedBy").GetString()).Order());
        Assert.Equal(2, _rig.Calls("UploadPart").Count);
    }

    [Fact]
    public async Task A_throttled_store_makes_the_connection_slow_down_and_nothing_is_lost()
    {
        var bytes = TransferRig.Bytes(3, (2 * S3Rig.Part) + 5);
        var item = await PutAsync("a.bin", bytes);
        _ = _rig.Host.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "partNumber", Nth = 2, Times = 2 }, FaultAction.Status(503, "SlowDown"));
        var transfer = await DoneAsync(null, _connection, "root", item);
        Assert.Equal([("a.bin", Sha256(bytes))], await _rig.FilesAsync());
        var calls = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/calls?limit=100");
        Assert.Contains(calls.GetProperty("items").EnumerateArray(), call => call.GetProperty("fault").GetString() == "throttled");
        Assert.Equal(0, Assert.Single(await S3Rig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task An_upload_that_the_store_has_lost_begins_again()
    {
        var bytes = TransferRig.Bytes(4, (2 * S3Rig.Part) + 5);
        var held = _rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "partNumber=2" }, FaultAction.Hold());
        var transfer = await StartAsync(null, _connection, "root", await PutAsync("b.bin", bytes));
        await held.Reached;
        await ApplyAsync(new { kind = "expireSessions" });
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("b.bin", Sha256(bytes))], await _rig.FilesAsync());
        Assert.Equal(1, Assert.Single(await S3Rig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_error_behind_a_status_of_200_is_no_success(bool acted)
    {
        var bytes = TransferRig.Bytes(5, S3Rig.Part + 5);
        var item = await PutAsync("c.bin", bytes);
        // The object is made and the answer lost; or it is not made, although the status says so.
        _ = _rig.Host.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = "uploadId=" },
            acted ? FaultAction.ResetBeforeReply() : new FaultAction
            {
                Kind = "status",
                Code = 200,
                Body = JsonSerializer.SerializeToElement(
                    """<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code><Message>We failed</Message></Error>"""),
            });
        var transfer = await DoneAsync(null, _connection, "root", item);
        Assert.Equal([("c.bin", Sha256(bytes))], await _rig.FilesAsync());
        Assert.Equal(2, _rig.Calls("UploadPart").Count);
        Assert.Equal(0, _rig.OpenUploads);
        Assert.Equal(0, Assert.Single(await S3Rig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
    }

    [Theory]
    [InlineData(900_000, true)]
    [InlineData(900_000, false)]
    [InlineData(S3Rig.Part + 900_000, true)]
    [InlineData(S3Rig.Part + 900_000, false)]
    public async Task A_damaged_byte_and_a_lost_answer_cost_one_piece(int length, bool damaged)
    {
        var bytes = TransferRig.Bytes(6, length);
        var item = await PutAsync("d.bin", bytes);
        _ = _rig.Host.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "d.bin" },
            damaged ? new FaultAction { Kind = "corruptByte", Offset = 70_000 } : FaultAction.ResetBeforeReply());
        var transfer = await DoneAsync(null, _connection, "root", item);
        Assert.Equal([("d.bin", Sha256(bytes))], await _rig.FilesAsync());
        Assert.Equal(0, Assert.Single(await S3Rig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
        var connection = await Client.GetFromJsonAsync<JsonElement>($"/api/connections/{_connection}");
        Assert.Equal("ready", connection.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("checksums", false)]
    [InlineData("refuseChecksums", true)]
    [InlineData("streaming", false)]
    [InlineData("md5Tags", false)]
    [InlineData("equalParts", true)]
    [InlineData("conditions", "refused")]
    [InlineData("conditions", "ignored")]
    [InlineData("largestPage", 1L)]
    public async Task Stores_that_know_less_get_the_same_bytes(string name, object value)
    {
        _rig.Host.Switches.Set(name, value);
        var (small, large) = (TransferRig.Bytes(7, 20_000), TransferRig.Bytes(8, (2 * S3Rig.Part) + 1));
        var folder = await PutAsync("less/small.bin", small);
        _ = await PutAsync("less/large.bin", large);
        var held = _rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "partNumber=3" }, FaultAction.ResetAfter(1));
        await DoneAsync(null, _connection, "root", await TransferRig.EntryAsync(Client, "less"));
        Assert.Equal([("less/large.bin", Sha256(large)), ("less/small.bin", Sha256(small))], await _rig.FilesAsync());
        Assert.Equal(1, held.Hits);

        var back = await OneDriveRig.MakeFolderAsync(Client, "back");
        await DoneAsync(_connection, null, back, "box/less/");
        Assert.Equal(
            [("less/large.bin", Sha256(large)), ("less/small.bin", Sha256(small))], await OneDriveRig.OwnFilesAsync(Client, "back"));
        Assert.NotEqual("", folder);
    }

    [Fact]
    public async Task A_cancelled_transfer_leaves_no_upload_behind()
    {
        var held = _rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "partNumber=2" }, FaultAction.Hold());
        var transfer = await StartAsync(null, _connection, "root", await PutAsync("e.bin", TransferRig.Bytes(9, (2 * S3Rig.Part) + 5)));
        await held.Reached;
        Assert.Equal(1, _rig.OpenUploads);
        using var cancelled = await Client.PostAsync($"/api/transfers/{transfer}/cancel", null);
        await TransferRig.ReadAsync(cancelled, 200);
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "cancelled");
        await Eventually.HoldsAsync(() => Task.FromResult(_rig.OpenUploads == 0));
        Assert.Empty(await _rig.FilesAsync());
    }

    [Fact]
    public async Task A_full_store_makes_it_wait_until_there_is_room()
    {
        var bytes = TransferRig.Bytes(10, 400_000);
        await ApplyAsync(new { kind = "quota", bytes = 1000 });
        var transfer = await StartAsync(null, _connection, "root", await PutAsync("f.bin", bytes));
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("quota", waiting.GetProperty("wait").GetProperty("reason").GetString());
        await ApplyAsync(new { kind = "quota", bytes = 10_000_000 });
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("f.bin", Sha256(bytes))], await _rig.FilesAsync());
    }

    [Fact]
    public async Task A_replaced_key_makes_it_wait_until_the_new_one_is_given()
    {
        var bytes = TransferRig.Bytes(11, (2 * S3Rig.Part) + 5);
        var held = _rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "partNumber=2" }, FaultAction.Hold());
        var transfer = await StartAsync(null, _connection, "root", await PutAsync("g.bin", bytes));
        await held.Reached;
        _rig.Host.Switches.Set("expiredKeys", true);
        held.Release();
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("sign_in", waiting.GetProperty("wait").GetProperty("reason").GetString());
        _rig.Host.Switches.Set("expiredKeys", false);
        using var renewed = await Client.PutAsJsonAsync(
            $"/api/connections/{_connection}/secret", new { accessKeyId = S3Rig.Key.Id, secretAccessKey = S3Rig.Key.Secret });
        await TransferRig.ReadAsync(renewed, 200);
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("g.bin", Sha256(bytes))], await _rig.FilesAsync());
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private Task<string> PutAsync(string path, byte[] bytes) => TransferRig.PutAsync(Client, path, bytes);

    private async Task<string> OwnAsync(string path, byte[] bytes)
    {
        _ = await PutAsync(path, bytes);
        return Sha256(bytes);
    }

    private Task<string> StartAsync(string? source, string? destination, string folder, params string[] items) =>
        OneDriveRig.TransferAsync(Client, source, destination, folder, null, items);

    private async Task<string> DoneAsync(string? source, string? destination, string folder, params string[] items)
    {
        var transfer = await StartAsync(source, destination, folder, items);
        await TransferRig.UntilAsync(Client, transfer, "done");
        return transfer;
    }

    private async Task ApplyAsync(object action)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync($"{_rig.Host.Address}/_control/fault", new { action });
        Assert.True(answer.IsSuccessStatusCode);
    }

    private async Task<IReadOnlyList<string>> TimesAsync(string folder)
    {
        using var client = OneDriveRig.ClientOf(Client);
        var files = client.ListAsync(folder, recursive: true).Where(entry => entry.Kind == "file");
        return await files.Select(file => $"{file.Path[folder.Length..]} {file.ModifiedAt:O}").Order().ToListAsync();
    }
}
