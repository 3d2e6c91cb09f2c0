using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Amazon.S3;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Pairs that change a bucket: what they remove or replace is kept, and nothing else is.</summary>
public sealed class BucketChangeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Kept = ".chunkupload-kept/";

    private S3Rig _rig = null!;
    private TestService _service = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await S3Rig.StartAsync();
        _service = await TestService.StartAsync(
            postgres,
            new Dictionary<string, string>(S3Rig.Settings)
            {
                ["Transfers:FirstPause"] = "00:00:00.020",
                ["Transfers:LongestPause"] = "00:00:00.200",
            });
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_bucket_follows_a_folder_of_the_service()
    {
        foreach (var name in new[] { "a.txt", "b.txt", "c.txt", "old/d.txt" })
            await TransferRig.PutAsync(Client, $"side/{name}", [1]);
        await OneDriveRig.MakeFolderAsync(Client, "side/empty");
        var pair = await AddAsync("left_to_right");
        await UntilAsync(pair, "in_step");
        await AssertBucketAsync(("a.txt", [1]), ("b.txt", [1]), ("c.txt", [1]), ("old/d.txt", [1]));

        // A change, a removal and a move. Folders without a file, which no bucket has, do not look removed.
        await ReplaceAsync("side/a.txt", [2, 2]);
        using (var gone = await Client.DeleteAsync("/api/tree/side/b.txt"))
            Assert.True(gone.IsSuccessStatusCode);
        var moving = (await Client.GetFromJsonAsync<JsonElement>("/api/tree/side/old/?format=json")).GetProperty("items")[0]
            .GetProperty("id").GetString();
        using (var moved = await Client.PatchAsJsonAsync($"/api/entries/{moving}", new { path = "side/new.txt" }))
            Assert.True(moved.IsSuccessStatusCode, await moved.Content.ReadAsStringAsync());
        var puts = _rig.Calls("PutObject").Count;
        await UntilAsync(pair, "in_step", async () => (await NamesAsync()).SequenceEqual(["a.txt", "c.txt", "new.txt"]));
        await AssertBucketAsync(("a.txt", [2, 2]), ("c.txt", [1]), ("new.txt", [1]));
        // The move has sent no byte.
        Assert.Equal(1, _rig.Calls("PutObject").Count - puts);
        Assert.Equal([("a.txt", Sha256([1])), ("b.txt", Sha256([1]))], await KeptAsync());
        using var empty = await Client.GetAsync("/api/tree/side/empty/");
        Assert.True(empty.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(S3Rig.Bucket)]
    public async Task What_was_kept_long_enough_is_removed_also_through_a_connection_of_all_buckets(string? bucket)
    {
        var today = TimeProvider.System.GetUtcNow().ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
        await _rig.SeedAsync(S3Rig.Object($"{Kept}20250101-1/tag/old.txt", [1]), S3Rig.Object($"{Kept}{today}-1/tag/new.txt", [1]));
        await TransferRig.PutAsync(Client, "side/a.txt", [1]);
        var right = new { connection = await _rig.ConnectAsync(Client, bucket), folder = "box/side/" };
        var left = new { folder = await TransferRig.EntryAsync(Client, "side") };
        await _rig.SeedAsync(S3Rig.Object("side/other.txt", [1]));
        using var answer = await Client.PostAsJsonAsync("/api/syncs", new { title = "pair", left, right });
        await UntilAsync((await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!, "in_step");
        Assert.Equal(["new.txt"], (await KeptAsync()).Select(one => one.Item1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_go_in_both_directions_and_the_loser_of_a_conflict_can_be_taken_back(bool versioning)
    {
        if (versioning)
            _ = await _rig.Host.SeedAsync(new { bucket = S3Rig.Bucket, versioning });
        await TransferRig.PutAsync(Client, "side/x.txt", [0]);
        await TransferRig.PutAsync(Client, "side/y.txt", [0]);
        var pair = await AddAsync("both");
        await UntilAsync(pair, "in_step");

        // 1. An object that comes, one that changes, and one that goes.
        await _rig.SeedAsync(S3Rig.Object("to/new/n.txt", [7]), S3Rig.Object("to/x.txt", [3, 3]));
        await RemoveAsync("to/y.txt");
        await RunAsync(pair);
        await UntilAsync(pair, "in_step", async () => (await OwnAsync()).SequenceEqual(["new/n.txt", "x.txt"]));
        Assert.Equal([3, 3], await Client.GetByteArrayAsync("/api/tree/side/x.txt"));

        // 2. Both change, and the left one counts.
        await PostAsync($"/api/syncs/{pair}/pause");
        await ReplaceAsync("side/x.txt", [1, 1]);
        await _rig.SeedAsync(S3Rig.Object("to/x.txt", [2, 2, 2]));
        await PostAsync($"/api/syncs/{pair}/resume");
        await UntilAsync(pair, "needs_you");
        var conflict = (await Client.GetFromJsonAsync<JsonElement>($"/api/conflicts?sync={pair}&state=open")).GetProperty("items")[0];
        var id = conflict.GetProperty("id").GetString();
        using (var decided = await Client.PostAsJsonAsync(
            $"/api/conflicts/{id}/decide", new { digest = conflict.GetProperty("digest").GetString(), answer = "left" }))
        {
            await TransferRig.ReadAsync(decided, 200);
        }

        await UntilAsync(pair, "in_step", async () => (await BucketAsync()).Contains(("x.txt", Sha256([1, 1]))));

        // 3. The other one is taken after all.
        await Eventually.HoldsAsync(async () =>
        {
            using var taken = await Client.PostAsync($"/api/conflicts/{id}/take-back", null);
            return taken.IsSuccessStatusCode;
        });
        await UntilAsync(pair, "in_step", async () => (await BucketAsync()).Contains(("x.txt", Sha256([2, 2, 2]))));
        await Eventually.HoldsAsync(async () =>
            (await Client.GetByteArrayAsync("/api/tree/side/x.txt")).SequenceEqual(new byte[] { 2, 2, 2 }));
        Assert.Equal(versioning, (await KeptAsync()).Count == 0);
    }

    [Theory]
    [InlineData("known")]
    [InlineData("ignored")]
    [InlineData("refused")]
    public async Task An_object_that_changes_under_a_copy_is_not_replaced(string conditions)
    {
        await TransferRig.PutAsync(Client, "side/x.txt", [0]);
        var pair = await AddAsync("left_to_right");
        await UntilAsync(pair, "in_step");
        if (conditions != "known")
            _rig.Host.Switches.Set("conditions", JsonSerializer.SerializeToElement(conditions));

        // The change comes before the last scan where the store knows no conditions, and after it where it does.
        var held = _rig.Host.Faults.Add(
            conditions == "known"
                ? new FaultMatch { Method = "PUT", PathRegex = "/to/x.txt$" }
                : new FaultMatch { Method = "HEAD", PathRegex = "/to/x.txt$" },
            FaultAction.Hold());
        await ReplaceAsync("side/x.txt", [1, 1]);
        await held.Reached;
        await _rig.SeedAsync(S3Rig.Object("to/x.txt", [9, 9, 9]));
        held.Release();
        await UntilAsync(pair, "needs_you");
        Assert.Contains(("x.txt", Sha256([9, 9, 9])), await BucketAsync());
        Assert.Equal([1, 1], await Client.GetByteArrayAsync("/api/tree/side/x.txt"));
    }

    [Fact]
    public async Task An_answer_that_is_lost_changes_nothing_twice()
    {
        await TransferRig.PutAsync(Client, "side/x.txt", [0]);
        await TransferRig.PutAsync(Client, "side/y.txt", [0]);
        var pair = await AddAsync("left_to_right");
        await UntilAsync(pair, "in_step");
        _rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "/to/x.txt$", Nth = 1 }, FaultAction.ResetBeforeReply());
        _rig.Host.Faults.Add(new FaultMatch { Method = "DELETE", PathRegex = "/to/y.txt$", Nth = 1 }, FaultAction.ResetBeforeReply());
        await ReplaceAsync("side/x.txt", [1, 1]);
        using (var gone = await Client.DeleteAsync("/api/tree/side/y.txt"))
            Assert.True(gone.IsSuccessStatusCode);
        await UntilAsync(pair, "in_step", async () => (await NamesAsync()).SequenceEqual(["x.txt"]));
        await AssertBucketAsync(("x.txt", [1, 1]));
    }

    [Fact]
    public async Task Folders_of_one_bucket_that_lie_in_each_other_are_no_pair()
    {
        await _rig.SeedAsync(S3Rig.Object("to/in/a.txt", [1]));
        var inner = await _rig.ConnectAsync(Client, prefix: "to/in/");
        using var answer = await Client.PostAsJsonAsync("/api/syncs", new
        {
            title = "pair",
            left = new { connection = inner, folder = "root" },
            right = new { connection = await _rig.ConnectAsync(Client), folder = "box/to/" },
        });
        Assert.Contains(
            "separate", (await TransferRig.ReadAsync(answer, 400)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task<string> AddAsync(string way)
    {
        using var answer = await Client.PostAsJsonAsync("/api/syncs", new
        {
            title = "pair",
            way,
            left = new { folder = await TransferRig.EntryAsync(Client, "side") },
            right = new { connection = await _rig.ConnectAsync(Client), folder = "box/to/" },
        });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private async Task ReplaceAsync(string path, byte[] bytes)
    {
        using var content = new ByteArrayContent(bytes);
        using var answer = await Client.PutAsync($"/api/tree/{path}?conflict=replace", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task RemoveAsync(string key)
    {
        using var store = new AmazonS3Client(
            S3Rig.Key.Id, S3Rig.Key.Secret,
            new AmazonS3Config { ServiceURL = _rig.Host.Address, ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
        _ = await store.DeleteObjectAsync(S3Rig.Bucket, key);
    }

    private Task RunAsync(string pair) => PostAsync($"/api/syncs/{pair}/run");

    private async Task PostAsync(string path)
    {
        using var answer = await Client.PostAsync(path, null);
        await TransferRig.ReadAsync(answer, 200);
    }

    private async Task<IReadOnlyList<string>> OwnAsync() =>
        [.. (await Client.GetFromJsonAsync<JsonElement>("/api/tree/side/?format=json&recursive=true")).GetProperty("items").EnumerateArray()
            .Where(item => item.GetProperty("kind").GetString() == "file")
            .Select(item => item.GetProperty("path").GetString()!["side/".Length..]).Order(StringComparer.Ordinal)];

    private async Task<IReadOnlyList<(string Path, string Sha256)>> BucketAsync() =>
        [.. (await _rig.FilesAsync("to/")).Where(file => !file.Path.StartsWith(".chunkupload-", StringComparison.Ordinal))
            .OrderBy(file => file.Path, StringComparer.Ordinal)];

    private async Task<IReadOnlyList<string>> NamesAsync() => [.. (await BucketAsync()).Select(file => file.Path)];

    private async Task AssertBucketAsync(params (string Path, byte[] Bytes)[] expected) =>
        Assert.Equal(expected.Select(file => (file.Path, Sha256(file.Bytes))), await BucketAsync());

    /// <summary>The kept files, by name.</summary>
    private async Task<IReadOnlyList<(string Name, string Sha256)>> KeptAsync() =>
        [.. (await _rig.FilesAsync(Kept)).Select(file => (file.Path[(file.Path.LastIndexOf('/') + 1)..], file.Sha256)).Order()];

    private async Task<JsonElement> UntilAsync(string pair, string state, Func<Task<bool>>? also = null)
    {
        JsonElement now = default;
        await Eventually.HoldsAsync(async () =>
        {
            now = await Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}");
            return now.GetProperty("state").GetString() == state && (also is null || await also());
        });
        return now;
    }
}
