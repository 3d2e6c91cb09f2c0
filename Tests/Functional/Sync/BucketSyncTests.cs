using System.Net.Http.Json;
using System.Text.Json;
using Amazon.S3;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Pairs in which a folder of the service follows a folder of a bucket.</summary>
public sealed class BucketSyncTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private S3Rig _rig = null!;
    private TestService _service = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        // The listing names no versions, and the objects do.
        _rig = await S3Rig.StartAsync(versioning: true);
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
    public async Task A_folder_of_the_service_follows_a_bucket()
    {
        for (byte number = 0; number < 5; number++)
            await _rig.SeedAsync(S3Rig.Object($"in/{number}.txt", [number]));
        await _rig.SeedAsync(S3Rig.Object("in/deep/only.txt", [9]), S3Rig.Object("outside.txt", [8]));
        var pair = await AddAsync(await OneDriveRig.MakeFolderAsync(Client, "target"));
        // Each scan lists the bucket, which its owner pays for.
        Assert.Equal(300, (await UntilAsync(pair, "in_step")).GetProperty("interval").GetInt32());
        Assert.Equal(["0.txt", "1.txt", "2.txt", "3.txt", "4.txt", "deep/only.txt"], await NamesAsync());

        // 1. A change, a new object, and the removal of the only object of a folder, which stays.
        await _rig.SeedAsync(S3Rig.Object("in/1.txt", [1, 1]), S3Rig.Object("in/new/n.txt", [7]));
        await RemoveAsync("in/deep/only.txt");
        await RunAsync(pair);
        await UntilAsync(pair, "in_step", async () => (await NamesAsync()).Contains("new/n.txt"));
        await UntilAsync(pair, "in_step", async () => !(await NamesAsync()).Contains("deep/only.txt"));
        Assert.Equal([1, 1], await _service.Client.GetByteArrayAsync("/api/tree/target/1.txt"));
        using (var folder = await Client.GetAsync("/api/tree/target/deep/"))
            Assert.True(folder.IsSuccessStatusCode);

        // Each content was read once, by its copy: 6 objects, the changed one and the new one.
        Assert.Equal(8, _rig.Calls("GetObject").Count);

        // 2. The bucket may not be listed: the pair waits.
        _ = _rig.Host.Faults.Add(
            new FaultMatch { Method = "GET", PathRegex = "list-type", Times = 0 }, FaultAction.Status(403, "AccessDenied"));
        await RunAsync(pair);
        await UntilAsync(pair, "waiting");
        Assert.Equal(6, (await NamesAsync()).Count);
        _rig.Host.Faults.Reset();

        // 3. All objects but the mark vanish: the pair asks. Without the mark it waits.
        foreach (var (path, _) in await _rig.FilesAsync("in/"))
        {
            if (!path.StartsWith(".chunkupload-", StringComparison.Ordinal))
                await RemoveAsync($"in/{path}");
        }

        await RunAsync(pair);
        var asked = await UntilAsync(pair, "needs_you");
        Assert.Equal(6, asked.GetProperty("question").GetProperty("removals").GetInt32());
        await RemoveAsync($"in/.chunkupload-sync-{Guid.Parse(pair):n}");
        await RunAsync(pair);
        var waiting = await UntilAsync(pair, "waiting");
        Assert.Contains(".chunkupload-sync-", waiting.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(6, (await NamesAsync()).Count);
    }

    private async Task<string> AddAsync(string target)
    {
        var left = new { connection = await _rig.ConnectAsync(Client), folder = "box/in/" };
        using var answer = await Client.PostAsJsonAsync("/api/syncs", new { title = "pair", left, right = new { folder = target } });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private async Task RemoveAsync(string key)
    {
        using var store = new AmazonS3Client(
            S3Rig.Key.Id, S3Rig.Key.Secret,
            new AmazonS3Config { ServiceURL = _rig.Host.Address, ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
        _ = await store.DeleteObjectAsync(S3Rig.Bucket, key);
    }

    private async Task RunAsync(string pair)
    {
        using var answer = await Client.PostAsync($"/api/syncs/{pair}/run", null);
        await TransferRig.ReadAsync(answer, 200);
    }

    private async Task<List<string>> NamesAsync() =>
        [.. (await OneDriveRig.OwnFilesAsync(Client, "target")).Select(file => file.Path).Order(StringComparer.Ordinal)];

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
