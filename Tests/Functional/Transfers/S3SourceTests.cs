using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>S3 into the service's own files: versions, odd keys, names that are taken, and what the source does meanwhile.</summary>
public sealed class S3SourceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private S3Rig _rig = null!;
    private TestService _service = null!;
    private string _folder = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await S3Rig.StartAsync();
        _service = await TestService.StartAsync(postgres, new Dictionary<string, string>(S3Rig.Settings)
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
        });
        _folder = await OneDriveRig.MakeFolderAsync(Client, "in");
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_source_that_is_changed_under_way_is_never_mixed(bool versioning)
    {
        var (before, after) = (TransferRig.Bytes(1, (2 * S3Rig.Part) + 9), TransferRig.Bytes(2, (2 * S3Rig.Part) + 9));
        _ = await _rig.Host.SeedAsync(new { bucket = S3Rig.Bucket, versioning, objects = new[] { S3Rig.Object("film.mp4", before) } });
        var connection = await _rig.ConnectAsync(Client);
        var held = _rig.Host.Faults.Add(
            new FaultMatch { Method = "GET", PathRegex = "film.mp4", Nth = 2 }, FaultAction.Hold());
        var transfer = await StartAsync(connection, null, "box/film.mp4");
        await held.Reached;
        await _rig.SeedAsync(S3Rig.Object("film.mp4", after));
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "done");
        // A bucket that keeps versions has the one that was begun.
        Assert.Equal([("film.mp4", Sha256(versioning ? before : after))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        Assert.Equal(versioning ? 0 : 1, Assert.Single(await ItemsAsync(transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task The_text_of_an_error_and_a_wrong_range_never_become_content()
    {
        var bytes = TransferRig.Bytes(3, (3 * S3Rig.Part) + 9);
        await _rig.SeedAsync(S3Rig.Object("film.mp4", bytes));
        var connection = await _rig.ConnectAsync(Client);
        foreach (var (nth, action) in new[]
        {
            (1, FaultAction.ResetAfter(100_000, "response")), (3, FaultAction.Status(503, "SlowDown")),
            (5, new FaultAction { Kind = "ignoreRange" }), (7, new FaultAction { Kind = "truncateRange", Bytes = 1000 }),
            (8, new FaultAction { Kind = "status", Code = 200, Body = JsonSerializer.SerializeToElement("<html>Sign in</html>") }),
        })
        {
            _ = _rig.Host.Faults.Add(new FaultMatch { Method = "GET", PathRegex = "film.mp4", Nth = nth }, action);
        }

        var transfer = await StartAsync(connection, null, "box/film.mp4");
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("film.mp4", Sha256(bytes))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        Assert.True(_rig.Calls("GetObject").Count >= 8);
    }

    [Fact]
    public async Task Odd_keys_are_told_with_their_reason_and_none_of_them_leads_outside()
    {
        string[] odd =
        [
            "odd//two.txt", "odd/../up.txt", "odd/./same.txt", "odd/..", "odd/.", "odd/mark/", "/lead.txt", "odd/../../etc/passwd",
        ];
        string[] plain = ["odd/both", "odd/both/in.txt", "odd/a%2Fb+c ü.txt", "odd/...", "odd/new\nline.txt", "odd/quote\"<&>.txt"];
        await _rig.SeedAsync(
        [
            .. odd.Select(key => S3Rig.Object(key, Encoding.UTF8.GetBytes("odd"))),
            .. plain.Select(key => S3Rig.Object(key, Encoding.UTF8.GetBytes(key))),
            new { keyBase64 = Convert.ToBase64String([.. "odd/"u8, 0xFF, 0xFE, .. ".bin"u8]), text = "odd" },
            S3Rig.Object("odd/folder/", []), S3Rig.Object("outside/secret.txt", Encoding.UTF8.GetBytes("secret")),
        ]);
        var connection = await _rig.ConnectAsync(Client);
        var transfer = await StartAsync(connection, null, "box/odd/");
        var done = await TransferRig.UntilAsync(Client, transfer, "done", "partly_done");
        var items = await ItemsAsync(transfer);
        var skipped = items.Where(item => item.GetProperty("state").GetString() == "skipped").ToList();
        Assert.True(skipped.Count >= 6, string.Join('\n', items));
        Assert.All(skipped, item => Assert.NotEqual("", item.GetProperty("reason").GetString()));
        Assert.DoesNotContain(items, item => item.GetProperty("state").GetString() == "failed");

        // A name that is both an object and a folder arrives as both, one of them under another name.
        var files = await OneDriveRig.OwnFilesAsync(Client, "in");
        var contents = plain.Select(key => Sha256(Encoding.UTF8.GetBytes(key))).Order();
        Assert.Equal(contents, files.Select(file => file.Sha256).Order());
        Assert.All(files, file => Assert.StartsWith("odd/", file.Path, StringComparison.Ordinal));
        Assert.NotEqual(0, done.GetProperty("files").GetProperty("done").GetInt64());

        // Ids from a user lead nowhere else.
        var inner = await _rig.ConnectAsync(Client, S3Rig.Bucket, "odd/folder");
        foreach (var id in new[]
        {
            "box/outside/secret.txt", "box/odd/folder/../../outside/secret.txt", "other/odd/folder/x", "box/", "box//lead.txt", "/", "..",
            "box/odd/folder/..", "box/odd/folder//",
        })
        {
            using var refused = await Client.PostAsJsonAsync(
                "/api/transfers",
                new { label = "x", source = new { connection = inner, items = new[] { id } }, destination = new { folder = _folder } });
            Assert.Equal(409, (int)refused.StatusCode);
            using var listed = await Client.GetAsync($"/api/connections/{inner}/items?folder={Uri.EscapeDataString(id)}");
            Assert.NotEqual(200, (int)listed.StatusCode);
        }
    }

    [Theory]
    [InlineData("skip", new[] { "film.mp4" }, false)]
    [InlineData("replace", new[] { "film.mp4" }, true)]
    [InlineData("replace_older", new[] { "film.mp4" }, true)]
    [InlineData("keep_both", new[] { "film (2).mp4", "film.mp4" }, false)]
    public async Task A_taken_name_at_the_bucket_is_treated_as_asked_for(string taken, string[] names, bool replaced)
    {
        foreach (var length in new[] { 2000, S3Rig.Part + 7 })
        {
            var (ours, theirs) = (TransferRig.Bytes(6, length), TransferRig.Bytes(7, 1000));
            await _rig.SeedAsync(S3Rig.Object($"{length}/film.mp4", theirs, DateTimeOffset.UnixEpoch.AddYears(40)));
            var connection = await _rig.ConnectAsync(Client, S3Rig.Bucket, $"{length}");
            var item = await TransferRig.PutAsync(Client, $"{length}/film.mp4", ours);
            using var made = await Client.PostAsJsonAsync("/api/transfers", new
            {
                label = "test",
                source = new { items = new[] { item } },
                destination = new { connection, folder = "root" },
                options = new { taken },
            });
            var transfer = (await TransferRig.ReadAsync(made, 201)).GetProperty("id").GetString()!;
            await TransferRig.UntilAsync(Client, transfer, "done");
            var files = await _rig.FilesAsync($"{length}/");
            Assert.Equal(names, files.Select(file => file.Path).Order(StringComparer.Ordinal));
            Assert.Equal(Sha256(replaced ? ours : theirs), files.Single(file => file.Path == "film.mp4").Sha256);
            if (names.Length == 2)
                Assert.Equal(Sha256(ours), files.Single(file => file.Path != "film.mp4").Sha256);
        }
    }

    [Theory]
    [InlineData(3000, "known")]
    [InlineData(S3Rig.Part + 7, "known")]
    [InlineData(S3Rig.Part + 7, "ignored")]
    public async Task A_name_that_is_taken_under_way_is_not_replaced(int length, string conditions)
    {
        _rig.Host.Switches.Set("conditions", conditions);
        var (ours, theirs) = (TransferRig.Bytes(8, length), TransferRig.Bytes(9, 1000));
        var connection = await _rig.ConnectAsync(Client);
        var held = _rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "film.mp4" }, FaultAction.Hold());
        var transfer = await OneDriveRig.TransferAsync(
            Client, null, connection, "root", null, await TransferRig.PutAsync(Client, "film.mp4", ours));
        await held.Reached;
        await _rig.SeedAsync(S3Rig.Object("film.mp4", theirs));
        held.Release();
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("film (2).mp4", Sha256(ours)), ("film.mp4", Sha256(theirs))], await _rig.FilesAsync());
        Assert.Equal(0, _rig.OpenUploads);
    }

    [Fact]
    public async Task Times_are_those_that_other_tools_write_and_read()
    {
        var time = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMilliseconds(250);
        _ = await _rig.Host.SeedAsync(new
        {
            bucket = S3Rig.Bucket,
            objects = new[]
            {
                new { key = "old.bin", text = "x", metadata = new Dictionary<string, string> { ["mtime"] = "1577934245.25" } },
            },
        });
        var connection = await _rig.ConnectAsync(Client);
        await TransferRig.UntilAsync(Client, await StartAsync(connection, null, "box/old.bin"), "done");
        var list = await Client.GetFromJsonAsync<JsonElement>("/api/tree/in/");
        var entry = Assert.Single(list.GetProperty("items").EnumerateArray());
        Assert.Equal(time, entry.GetProperty("modifiedAt").GetDateTimeOffset());

        await TransferRig.UntilAsync(
            Client, await OneDriveRig.TransferAsync(
                Client, null, connection, "box/again/", null, entry.GetProperty("id").GetString()!), "done");
        Assert.Equal("1577934245.25", (await _rig.FindAsync("again/old.bin")).Metadata["mtime"]);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private Task<string> StartAsync(string connection, object? options, string item) =>
        OneDriveRig.TransferAsync(Client, connection, null, _folder, options, item);

    private Task<IReadOnlyList<JsonElement>> ItemsAsync(string transfer) => S3Rig.ItemsAsync(Client, transfer);
}
