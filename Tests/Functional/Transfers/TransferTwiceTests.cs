using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Two transfers of the same files into one folder at the same time, and a transfer that is asked for twice.</summary>
public sealed class TransferTwiceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime, IDisposable
{
    private const int Files = 30;

    /// <summary>A timetable in which nothing runs for two hours.</summary>
    private static readonly string Stopped =
        $"{TimeProvider.System.GetUtcNow().AddHours(-2):HH:mm},stop {TimeProvider.System.GetUtcNow().AddHours(2):HH:mm},off";

    private readonly TempFolder _disk = new();
    private OneDriveRig _rig = null!;
    private S3Rig _s3 = null!;
    private TestService _service = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await OneDriveRig.StartAsync();
        _s3 = await S3Rig.StartAsync();
        var settings = new Dictionary<string, string>(_rig.Settings)
        {
            ["Connections:Folders"] = $"Drop|{_disk.Path}|write|operator,Again|{_disk.Path}|write|operator",
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
        };
        _service = await TestService.StartAsync(postgres, settings);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _s3.DisposeAsync();
        await _rig.DisposeAsync();
    }

    public void Dispose() => _disk.Dispose();

    [Theory]
    [InlineData("drive")]
    [InlineData("onedrive")]
    [InlineData("s3")]
    [InlineData("folder")]
    [InlineData("own")]
    public async Task Two_transfers_into_one_folder_at_once_make_each_file_once(string kind)
    {
        var expected = await SeedAsync();
        // Two connections of one account are one destination, too.
        var (first, second, folder) = await EndsAsync(kind);
        var source = await TransferRig.EntryAsync(Client, "tree");
        string[] transfers = await Task.WhenAll(
            OneDriveRig.TransferAsync(Client, null, first, folder, null, source),
            OneDriveRig.TransferAsync(Client, null, second, folder, new { exclude = new[] { "none" } }, source));
        var (done, skipped) = (0L, 0L);
        foreach (var transfer in transfers)
        {
            var ended = await TransferRig.UntilAsync(Client, transfer, "done", "partly_done", "failed");
            Assert.Equal("done", ended.GetProperty("state").GetString());
            done += ended.GetProperty("files").GetProperty("done").GetInt64();
            skipped += ended.GetProperty("files").GetProperty("skipped").GetInt64();
        }

        Assert.Equal(expected, await FilesAsync(kind));
        Assert.Equal((Files, Files), (done, skipped));
    }

    [Fact]
    public async Task An_equal_transfer_that_is_open_is_offered_in_place_of_a_second_one()
    {
        var (connection, body) = await BodyAsync();
        var first = await TransferRig.ReadAsync(await PostAsync(body), 201);
        var refused = await TransferRig.ReadAsync(await PostAsync(body), 409);
        Assert.Equal("equal_transfer_open", refused.GetProperty("code").GetString());
        Assert.Equal(IdOf(first), refused.GetProperty("transfer").GetString());
        // A label and a priority change nothing of what is done; the options do.
        var renamed = new Dictionary<string, object>(body) { ["label"] = "Other", ["priority"] = "high" };
        Assert.Equal(
            IdOf(first), (await TransferRig.ReadAsync(await PostAsync(renamed), 409)).GetProperty("transfer").GetString());
        var other = new Dictionary<string, object>(body)
        {
            ["options"] = new { taken = "skip", bandwidth = Stopped, timeZone = "Etc/UTC" },
        };
        _ = await TransferRig.ReadAsync(await PostAsync(other), 201);
        var another = new Dictionary<string, object>(body) { ["allowEqual"] = true };
        Assert.NotEqual(IdOf(first), IdOf(await TransferRig.ReadAsync(await PostAsync(another), 201)));
        Assert.Equal(3, (await Client.GetFromJsonAsync<JsonElement>($"/api/transfers?connection={connection}"))
            .GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Equal_requests_at_once_make_one_transfer()
    {
        var (_, body) = await BodyAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostAsync(body)));
        Assert.Equal([201, 409, 409, 409], answers.Select(answer => (int)answer.StatusCode).Order());
    }

    [Fact]
    public async Task A_repeated_request_gets_the_transfer_of_the_first_one()
    {
        var (_, body) = await BodyAsync(stopped: false);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostAsync(body, "key-1")));
        var ids = await Task.WhenAll(answers.Select(async answer => IdOf(await TransferRig.ReadAsync(answer, 201))));
        Assert.Single(ids.Distinct());
        Assert.Equal(3, answers.Count(answer => answer.Headers.Contains("Idempotency-Replayed")));

        // Also after it has ended.
        _ = await TransferRig.UntilAsync(Client, ids[0], "done");
        Assert.Equal(ids[0], IdOf(await TransferRig.ReadAsync(await PostAsync(body, "key-1"), 201)));
        var other = new Dictionary<string, object>(body) { ["label"] = "Other" };
        var refused = await TransferRig.ReadAsync(await PostAsync(other, "key-1"), 422);
        Assert.Equal("idempotency_mismatch", refused.GetProperty("code").GetString());
        Assert.NotEqual(ids[0], IdOf(await TransferRig.ReadAsync(await PostAsync(other, "key-2"), 201)));
        var malformed = await TransferRig.ReadAsync(await PostAsync(other, new string('k', 256)), 400);
        Assert.Equal("invalid_header", malformed.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_failed_file_is_decided_anew_when_it_is_retried()
    {
        _ = await TransferRig.PutAsync(Client, "tree/a.txt", TransferRig.Bytes(1, 1000));
        var (first, _, folder) = await EndsAsync("drive");
        var source = await TransferRig.EntryAsync(Client, "tree");
        // The first transfer has decided about its file when it fails.
        _ = _rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = "/upload/", Times = 3 }, FaultAction.Status(400, "badRequest"));
        var failed = await OneDriveRig.TransferAsync(Client, null, first, folder, null, source);
        _ = await TransferRig.UntilAsync(Client, failed, "failed");
        var other = await OneDriveRig.TransferAsync(Client, null, first, folder, null, source);
        _ = await TransferRig.UntilAsync(Client, other, "done");
        using var again = await Client.PostAsync($"/api/transfers/{failed}/retry", null);
        Assert.True(again.IsSuccessStatusCode);
        _ = await TransferRig.UntilAsync(Client, failed, "done");
        Assert.Single(await FilesAsync("drive"));
    }

    private static string IdOf(JsonElement transfer) => transfer.GetProperty("id").GetString()!;

    private async Task<IReadOnlyList<(string Path, string Sha256)>> SeedAsync()
    {
        var expected = new List<(string, string)>();
        for (var i = 0; i < Files; i++)
        {
            var path = $"tree/folder {i % 3}/file {i}.bin";
            var bytes = TransferRig.Bytes(i, i == 0 ? 1_500_000 : 3_000 + i);
            _ = await TransferRig.PutAsync(Client, path, bytes);
            expected.Add((path, TransferPlaces.Sha256(bytes)));
        }

        return [.. expected.Order()];
    }

    private async Task<(string? First, string? Second, string Folder)> EndsAsync(string kind) => kind switch
    {
        "drive" => (await _rig.Google.ConnectAsync(Client), await _rig.Google.ConnectAsync(Client), "root"),
        "onedrive" => (await _rig.ConnectAsync(Client, OneDriveRig.Ann), await _rig.ConnectAsync(Client, OneDriveRig.Ann), "root"),
        "s3" => (await _s3.ConnectAsync(Client), await _s3.ConnectAsync(Client), "root"),
        "folder" => (await FolderAsync("Drop"), await FolderAsync("Again"), "."),
        _ => (null, null, await OneDriveRig.MakeFolderAsync(Client, "target")),
    };

    private async Task<IReadOnlyList<(string Path, string Sha256)>> FilesAsync(string kind) => kind switch
    {
        "drive" => [.. (await _rig.Google.FilesAsync()).Order()],
        "onedrive" => await OneDriveRig.FilesAsync(_rig.DriveOf(OneDriveRig.Ann)),
        "s3" => await _s3.FilesAsync(),
        "folder" =>
        [
            .. Directory.EnumerateFiles(_disk.Path, "*", SearchOption.AllDirectories)
                .Select(path => (Path.GetRelativePath(_disk.Path, path), TransferPlaces.Sha256(File.ReadAllBytes(path)))).Order(),
        ],
        _ => await OneDriveRig.OwnFilesAsync(Client, "target"),
    };

    private async Task<string> FolderAsync(string title)
    {
        var list = await Client.GetFromJsonAsync<JsonElement>("/api/connections");
        return list.GetProperty("items").EnumerateArray()
            .Single(one => one.GetProperty("title").GetString() == title).GetProperty("id").GetString()!;
    }

    /// <param name="stopped">Whether the transfer does not run before its timetable is changed.</param>
    private async Task<(string Connection, Dictionary<string, object> Body)> BodyAsync(bool stopped = true)
    {
        _ = await TransferRig.PutAsync(Client, "tree/a.txt", TransferRig.Bytes(1, 1000));
        var connection = await _s3.ConnectAsync(Client);
        var items = new[] { await TransferRig.EntryAsync(Client, "tree") };
        return (connection, new()
        {
            ["source"] = new { items },
            ["destination"] = new { connection, folder = "root" },
            ["options"] = new { bandwidth = stopped ? Stopped : null, timeZone = "Etc/UTC" },
        });
    }

    private async Task<HttpResponseMessage> PostAsync(Dictionary<string, object> body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/transfers") { Content = JsonContent.Create(body) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await Client.SendAsync(request);
    }
}
