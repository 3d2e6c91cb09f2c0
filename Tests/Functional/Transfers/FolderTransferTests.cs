using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Connectors.Folders;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Folders of the machine that the operator gives, as source and as destination.</summary>
public sealed class FolderTransferTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime, IDisposable
{
    private readonly TempFolder _disk = new();
    private readonly FaultySyscalls _calls = new();
    private TestService _service = null!;

    private HttpClient Client => _service.Client;

    private string Photos => Path.Combine(_disk.Path, "photos");

    private string Drop => Path.Combine(_disk.Path, "drop");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Photos);
        Directory.CreateDirectory(Drop);
        Directory.CreateDirectory(Path.Combine(_disk.Path, "secret"));
        await File.WriteAllTextAsync(Path.Combine(_disk.Path, "secret", "key"), "canary");
        _service = await TestService.StartAsync(
            postgres,
            new Dictionary<string, string>
            {
                ["Transfers:FirstPause"] = "00:00:00.020",
                ["Transfers:LongestPause"] = "00:00:00.200",
                ["Transfers:FullPause"] = "00:00:00.300",
                ["Transfers:PieceSize"] = "256KiB",
                ["Connections:Folders"] = $"Photos|{Photos}|read|operator ann,Drop|{Drop}|write|operator,Both|{Drop}|both|tenant:other ben",
            },
            services => services.AddSingleton(new FolderCalls(_calls, null)));
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task A_tree_goes_in_and_out_equal_with_its_times()
    {
        var expected = new List<(string Path, string Sha256)>();
        string[] odd = ["a'b.txt", "ünï\\cödé 測試.bin", "100% #1?.dat", " spaced .txt", "no ending", ".hidden", "*.tmp"];
        var at = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        for (var i = 0; i < 20; i++)
        {
            var path = $"tree/folder {i % 4}/{(i < odd.Length ? odd[i] : $"file {i}.bin")}";
            var bytes = TransferRig.Bytes(i, i == 8 ? 0 : i == 9 ? 900_000 : i * 1000);
            Write(Path.Combine(Photos, path), bytes, at.AddMinutes(i));
            expected.Add((path["tree/".Length..], Sha256(bytes)));
        }

        var into = await OneDriveRig.MakeFolderAsync(Client, "in");
        await DoneAsync(await ConnectionAsync("Photos"), "tree", null, into);
        Assert.Equal(20, (await OneDriveRig.OwnFilesAsync(Client, "in")).Count);

        // The service's names are narrower than those of Linux, so the way out begins at what came in.
        var own = (await OneDriveRig.OwnFilesAsync(Client, "in/tree")).Order().ToList();
        await DoneAsync(null, await TransferRig.EntryAsync(Client, "in/tree"), await ConnectionAsync("Drop"), ".");
        Assert.Equal(own, FilesIn(Path.Combine(Drop, "tree")));
        Assert.Equal(expected.Select(one => one.Sha256).Order(), own.Select(one => one.Sha256).Order());
        var file = Directory.EnumerateFiles(Drop, "file 9.bin", SearchOption.AllDirectories).Single();
        Assert.Equal(at.AddMinutes(9), File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public async Task Links_and_special_files_are_left_out_with_the_reason_and_lead_nowhere()
    {
        var secret = Path.Combine(_disk.Path, "secret");
        Write(Path.Combine(Photos, "tree", "a.txt"), [1], DateTime.UnixEpoch);
        File.CreateSymbolicLink(Path.Combine(Photos, "tree", "file-link"), Path.Combine(secret, "key"));
        File.CreateSymbolicLink(Path.Combine(Photos, "tree", "folder-link"), secret);
        File.CreateSymbolicLink(Path.Combine(Photos, "tree", "up-link"), "../..");
        using (var made = Process.Start("mkfifo", Path.Combine(Photos, "tree", "pipe")))
            await made.WaitForExitAsync();
        var connection = await ConnectionAsync("Photos");
        var transfer = await DoneAsync(connection, "tree", null, await OneDriveRig.MakeFolderAsync(Client, "in"));
        Assert.Equal(["a.txt"], (await OneDriveRig.OwnFilesAsync(Client, "in/tree")).Select(file => file.Path));
        var items = await WebRig.ItemsAsync(Client, transfer);
        Assert.Equal(4, items.Count(item => item.GetProperty("state").GetString() == "skipped"));
        Assert.Contains(items, item => item.GetProperty("reason").GetString() == "It is a symbolic link.");
        Assert.Contains(items, item => item.GetProperty("reason").GetString()?.Contains("pipe", StringComparison.Ordinal) == true);

        // Ids are paths, and a caller may write any.
        foreach (var id in new[]
        {
            "tree/folder-link/key", "tree/up-link/secret/key", "../secret/key", "tree/../../secret/key", "/etc/passwd", "tree//a.txt", "",
            "./tree/a.txt", Path.Combine(secret, "key"),
        })
        {
            using var asked = await Client.PostAsJsonAsync(
                "/api/transfers", new { source = new { connection, items = new[] { id } }, destination = new { folder = "root" } });
            Assert.True((int)asked.StatusCode is 400 or 409, $"{id}: {(int)asked.StatusCode}");
            using var listed = await Client.GetAsync($"/api/connections/{connection}/items?folder={Uri.EscapeDataString(id)}");
            Assert.DoesNotContain("canary", await listed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.DoesNotContain("\"key\"", await listed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_folder_is_there_only_for_those_whom_the_operator_names()
    {
        var people = new TestPeople(_service);
        using var ann = await people.ClientAsync(await people.UserAsync("ann", Role.Member));
        using var ben = await people.ClientAsync(await people.UserAsync("ben", Role.Member));
        using var eve = await people.ClientAsync(await people.UserAsync("eve", Role.Admin));
        Assert.Equal(["Photos True False"], await FoldersAsync(ann));
        Assert.Equal(["Both True True"], await FoldersAsync(ben));
        Assert.Empty(await FoldersAsync(eve));
        Assert.Equal(["Photos True False", "Drop False True"], await FoldersAsync(Client));
        foreach (var path in new[] { "", "/items", "/items?folder=." })
        {
            using var foreign = await ben.GetAsync($"/api/connections/{await ConnectionAsync("Photos")}{path}");
            Assert.Equal(404, (int)foreign.StatusCode);
        }

        // Nobody changes what the operator gives.
        var own = await ConnectionAsync("Photos");
        using var renamed = await Client.PatchAsJsonAsync($"/api/connections/{own}", new { title = "Mine" });
        using var removed = await Client.DeleteAsync($"/api/connections/{own}");
        Assert.Equal((403, 403), ((int)renamed.StatusCode, (int)removed.StatusCode));
    }

    [Fact]
    public async Task The_direction_is_kept()
    {
        Write(Path.Combine(Drop, "there.txt"), [1], DateTime.UnixEpoch);
        Directory.CreateDirectory(Path.Combine(Drop, "inbox"));
        var (photos, drop) = (await ConnectionAsync("Photos"), await ConnectionAsync("Drop"));
        using var read = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { connection = drop, items = new[] { "there.txt" } },
            destination = new { folder = await OneDriveRig.MakeFolderAsync(Client, "in") },
        });
        Assert.Equal("connection_failed", (await TransferRig.ReadAsync(read, 409)).GetProperty("code").GetString());
        using var written = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { items = new[] { await TransferRig.PutAsync(Client, "a.txt", [1]) } },
            destination = new { connection = photos, folder = "." },
        });
        Assert.Equal("connection_failed", (await TransferRig.ReadAsync(written, 409)).GetProperty("code").GetString());
        using var back = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { items = new[] { await TransferRig.PutAsync(Client, "b.txt", [1]) } },
            destination = new { connection = drop, folder = "." },
            options = new { verify = "read_back" },
        });
        Assert.Equal("invalid_field", (await TransferRig.ReadAsync(back, 400)).GetProperty("code").GetString());
        // To choose from, its folders are shown, and no file.
        var page = await Client.GetFromJsonAsync<JsonElement>($"/api/connections/{drop}/items?folder=.");
        Assert.Equal(["inbox"], page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_full_disk_makes_it_wait_until_there_is_room()
    {
        var bytes = TransferRig.Bytes(3, 900_000);
        var entry = await TransferRig.PutAsync(Client, "big.bin", bytes);
        _calls.Answer = call => call is { Name: nameof(ISyscalls.Pwrite), Offset: >= 512 << 10 } ? -Errno.NoSpace : null;
        var transfer = await StartAsync(null, entry, await ConnectionAsync("Drop"), ".");
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("space", waiting.GetProperty("wait").GetProperty("reason").GetString());
        _calls.Answer = null;
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("big.bin", Sha256(bytes))], FilesIn(Drop));
    }

    [Fact]
    public async Task A_disk_that_knows_fewer_calls_gets_the_file_all_the_same()
    {
        var (ours, theirs) = (TransferRig.Bytes(9, 1000), TransferRig.Bytes(10, 300_000));
        var entry = await TransferRig.PutAsync(Client, "a.bin", theirs);
        // As NFS answers; and somebody else takes the name meanwhile.
        _calls.Answer = call =>
        {
            if (call.Name != nameof(ISyscalls.RenameNoReplace))
                return null;
            if (!File.Exists(Path.Combine(Drop, "a.bin")))
                Write(Path.Combine(Drop, "a.bin"), ours, DateTime.UnixEpoch);
            return -Errno.Invalid;
        };
        await DoneAsync(null, entry, await ConnectionAsync("Drop"), ".");
        Assert.Equal([("a (2).bin", Sha256(theirs)), ("a.bin", Sha256(ours))], FilesIn(Drop));
    }

    [Fact]
    public async Task A_failed_flush_counts_for_nothing_and_the_file_begins_again()
    {
        var bytes = TransferRig.Bytes(4, 900_000);
        var entry = await TransferRig.PutAsync(Client, "big.bin", bytes);
        var failed = 0;
        _calls.Answer = call =>
            call.Name == nameof(ISyscalls.Fdatasync) && Interlocked.Increment(ref failed) == 2 ? -Errno.InputOutput : null;
        var transfer = await StartAsync(null, entry, await ConnectionAsync("Drop"), ".");
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("big.bin", Sha256(bytes))], FilesIn(Drop));
        Assert.Equal(1, Assert.Single(await WebRig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task A_source_that_is_changed_under_way_begins_again()
    {
        var (before, after) = (TransferRig.Bytes(5, 900_000), TransferRig.Bytes(6, 900_000));
        var path = Path.Combine(Photos, "film.bin");
        Write(path, before, DateTime.UnixEpoch);
        var read = 0;
        _calls.Answer = call =>
        {
            if (call is { Name: nameof(ISyscalls.Pread), Offset: >= 512 << 10 } && Interlocked.Increment(ref read) == 1)
                Write(path, after, DateTime.UnixEpoch.AddHours(1));
            return null;
        };
        var transfer = await DoneAsync(
            await ConnectionAsync("Photos"), "film.bin", null, await OneDriveRig.MakeFolderAsync(Client, "in"));
        Assert.Equal([("film.bin", Sha256(after))], await OneDriveRig.OwnFilesAsync(Client, "in"));
        Assert.Equal(1, Assert.Single(await WebRig.ItemsAsync(Client, transfer)).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public async Task Exactly_what_was_unticked_is_left_out()
    {
        string[] names = ["a.txt", "A.txt", "back\\slash.txt", "Smith, John.pdf", "John.pdf", "a*b", "a?b", "sub/x.txt", "sub2/x.txt"];
        foreach (var name in names)
            Write(Path.Combine(Photos, "odd", name), [1], DateTime.UnixEpoch);
        var into = await OneDriveRig.MakeFolderAsync(Client, "in");
        string[] without = ["odd/a.txt", "odd/back\\slash.txt", "odd/Smith, John.pdf", "odd/a*b", "odd/sub"];
        var transfer = await StartAsync(await ConnectionAsync("Photos"), "odd", null, into, new { without });
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal(
            ["A.txt", "John.pdf", "a?b", "sub2/x.txt"],
            (await OneDriveRig.OwnFilesAsync(Client, "in/odd")).Select(file => file.Path).Order(StringComparer.Ordinal));
        var shown = await TransferRig.GetAsync(Client, transfer);
        Assert.Equal(without, shown.GetProperty("options").GetProperty("without").EnumerateArray().Select(one => one.GetString()));
    }

    [Theory]
    [InlineData("skip", new[] { "a.bin" })]
    [InlineData("replace", new[] { "a.bin" })]
    [InlineData("keep_both", new[] { "a (2).bin", "a.bin" })]
    public async Task A_taken_name_is_treated_as_asked_for(string taken, string[] names)
    {
        var (ours, theirs) = (TransferRig.Bytes(7, 1000), TransferRig.Bytes(8, 2000));
        Write(Path.Combine(Drop, "a.bin"), ours, DateTime.UnixEpoch);
        var entry = await TransferRig.PutAsync(Client, "a.bin", theirs);
        await DoneAsync(null, entry, await ConnectionAsync("Drop"), ".", new { taken });
        var files = FilesIn(Drop);
        Assert.Equal(names, files.Select(file => file.Path).Order(StringComparer.Ordinal));
        Assert.Equal(Sha256(taken == "replace" ? theirs : ours), files.Single(file => file.Path == "a.bin").Sha256);
    }

    [Fact]
    public async Task A_name_that_is_taken_many_times_gets_the_next_number()
    {
        Write(Path.Combine(Drop, "a.bin"), TransferRig.Bytes(7, 1000), DateTime.UnixEpoch);
        for (var number = 2; number <= 120; number++)
            Write(Path.Combine(Drop, $"a ({number}).bin"), [1, 2], DateTime.UnixEpoch);
        var bytes = TransferRig.Bytes(8, 2000);
        var entry = await TransferRig.PutAsync(Client, "a.bin", bytes);
        await DoneAsync(null, entry, await ConnectionAsync("Drop"), ".", new { taken = "keep_both" });
        Assert.Equal(Sha256(bytes), FilesIn(Drop).Single(file => file.Path == "a (121).bin").Sha256);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static void Write(string path, byte[] bytes, DateTime modified)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, modified);
    }

    /// <summary>All files, those with temporary names too.</summary>
    private static List<(string Path, string Sha256)> FilesIn(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Select(path => (Path.GetRelativePath(folder, path), Sha256(File.ReadAllBytes(path)))).Order()];

    private static async Task<IReadOnlyList<string>> FoldersAsync(HttpClient client)
    {
        var list = await client.GetFromJsonAsync<JsonElement>("/api/connections");
        return [.. list.GetProperty("items").EnumerateArray().Where(one => one.GetProperty("kind").GetString() == "folder")
            .Select(one => $"{one.GetProperty("title")} {one.GetProperty("canRead")} {one.GetProperty("canWrite")}")];
    }

    private async Task<string> ConnectionAsync(string title)
    {
        var list = await Client.GetFromJsonAsync<JsonElement>("/api/connections");
        return list.GetProperty("items").EnumerateArray().Single(one => one.GetProperty("title").GetString() == title)
            .GetProperty("id").GetString()!;
    }

    private async Task<string> StartAsync(string? from, string item, string? to, string folder, object? options = null)
    {
        using var answer = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { connection = from, items = new[] { item } },
            destination = new { connection = to, folder },
            options,
        });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private async Task<string> DoneAsync(string? from, string item, string? to, string folder, object? options = null)
    {
        var transfer = await StartAsync(from, item, to, folder, options);
        var ended = await TransferRig.UntilAsync(Client, transfer, "done", "failed", "partly_done");
        Assert.True(
            ended.GetProperty("state").GetString() == "done", await Client.GetStringAsync($"/api/transfers/{transfer}/items?limit=200"));
        return transfer;
    }
}
