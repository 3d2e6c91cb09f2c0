using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Nodes;

/// <summary>Two services on one ledger: what one has received, the other continues, serves and removes.</summary>
public sealed partial class NodesTests(NodesTests.Pair pair) : IClassFixture<NodesTests.Pair>
{
    private const string Type = TusClient.OffsetType;

    private readonly TusClient _a = new(pair.Rig["a"].CreateClient());
    private readonly TusClient _b = new(pair.Rig["b"].CreateClient());

    [Fact]
    public async Task A_stream_is_continued_at_either_node_and_read_at_both()
    {
        var bytes = TusClient.Bytes(5 << 20);
        var path = await _a.NewAsync(bytes.Length);
        long at = 0;
        // A, B, A, A, B: also a second segment of the same node behind the other's.
        foreach (var node in new[] { _a, _b, _a, _a, _b })
        {
            Assert.Equal(at, (await node.HeadAsync(path)).Offset);
            var part = bytes[(int)at..(int)(at += 1 << 20)];
            Assert.Equal(204, (await node.PatchAsync(path, at - part.Length, part)).Status);
        }

        Assert.Equal(TusClient.Sha256(bytes), TusClient.Sha256(await _a.DownloadAsync(path)));
        Assert.Equal(TusClient.Sha256(bytes), TusClient.Sha256(await _b.DownloadAsync(path)));
        await Eventually.HoldsAsync(async () =>
            (await DescribeAsync(_a, path)).TryGetProperty("sha256", out var digest) && digest.GetString() == TusClient.Sha256(bytes));
    }

    [Fact]
    public async Task Bytes_that_one_node_has_received_and_not_recorded_are_recorded_before_another_answers()
    {
        var path = await _a.NewAsync(2000);
        using var slow = await RawConnection.OpenAsync(pair.Rig["a"].Address);
        await slow.SendAsync($"PATCH {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {pair.Rig["a"].Key}\r\nTus-Resumable: 1.0.0\r\n"
            + $"Upload-Offset: 0\r\nContent-Type: {Type}\r\nContent-Length: 2000\r\n\r\n");
        await slow.SendAsync(new byte[700]);
        // It writes before it records, so the file is there first.
        await Eventually.HoldsAsync(() => Task.FromResult(IsThere("a", 700)));

        var offset = (await _b.HeadAsync(path)).Offset;
        Assert.Equal(700, offset);
        Assert.Equal(204, (await _b.PatchAsync(path, 700, new byte[1300])).Status);
        Assert.Equal(2000, (await _a.DownloadAsync(path)).Length);
    }

    [Fact]
    public async Task A_session_whose_chunks_came_to_both_nodes_is_completed_at_one_of_them()
    {
        var bytes = TusClient.Bytes(4 << 20, seed: 7);
        using var made = await _a.Http.PostAsJsonAsync("/api/sessions", new { fileName = "parts.bin", size = bytes.Length });
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        for (var chunk = 0; chunk < 4; chunk++)
        {
            var part = bytes[(chunk << 20)..((chunk + 1) << 20)];
            using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/{chunk << 20}")
            {
                Content = new ByteArrayContent(part),
            };
            request.Headers.Add("X-Chunk-SHA256", TusClient.Sha256(part));
            using var kept = await (chunk % 2 == 0 ? _a : _b).Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Created, kept.StatusCode);
        }

        using var done = await _b.Http.PostAsJsonAsync($"/api/sessions/{id}/complete", new { sha256 = TusClient.Sha256(bytes) });
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync());
        foreach (var node in new[] { _a, _b })
        {
            await Eventually.HoldsAsync(async () =>
                (await node.Http.GetFromJsonAsync<JsonElement>($"/api/sessions/{id}")).GetProperty("state").GetString() == "completed");
            Assert.Equal(TusClient.Sha256(bytes), TusClient.Sha256(await node.DownloadAsync($"/api/files/{id}/content")));
        }
    }

    [Fact]
    public async Task A_file_that_is_deleted_at_one_node_is_unlinked_at_the_other()
    {
        var path = await _a.UploadAsync(TusClient.Bytes(123_457));
        Assert.True(IsThere("a", 123_457));
        Assert.Equal(204, (await _b.DeleteAsync(path)).Status);
        Assert.Equal(410, (await _a.HeadAsync(path)).Status);
        await Eventually.HoldsAsync(() => Task.FromResult(!IsThere("a", 123_457)));
    }

    [Fact]
    public async Task Each_node_sweeps_its_own_store_and_one_list_shows_both()
    {
        using var asked = await _b.Http.PostAsync(new Uri("/api/jobs/sweep-orphans/run", UriKind.Relative), null);
        Assert.True(asked.IsSuccessStatusCode, await asked.Content.ReadAsStringAsync());
        await using var connection = await LedgerAsync();
        await Eventually.HoldsAsync(async () => (await connection.QueryAsync<string>(
            "select distinct job || ' ' || node from job_runs where job like 'sweep-orphans%' and outcome = 'succeeded'")).Count() == 2);
        var runs = await _a.Http.GetFromJsonAsync<JsonElement>("/api/jobs/sweep-orphans/history");
        Assert.Equal(2, runs.GetProperty("items").EnumerateArray().Select(run => run.GetProperty("node").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task A_drained_node_begins_no_uploads_and_is_listed_so_until_it_is_resumed()
    {
        var path = await _b.NewAsync(20);
        using var drained = await _a.Http.PostAsync(new Uri("/api/nodes/B/drain", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, drained.StatusCode);
        await Eventually.HoldsAsync(async () =>
        {
            using var ready = await _b.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
        });
        await pair.Rig["b"].WaitForLineAsync("The node b is drained: it begins no uploads");
        var refused = await _b.CreateAsync(("Upload-Length", "5"));
        Assert.Equal((503, true), (refused.Status, refused.Body.Contains("stopping", StringComparison.Ordinal)));
        // Running uploads continue, and the other node starts new ones.
        Assert.Equal(204, (await _b.PatchAsync(path, 0, new byte[20])).Status);
        _ = await _a.NewAsync(5);
        var nodes = (await _a.Http.GetFromJsonAsync<JsonElement>("/api/nodes")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["a alive True", "b draining False"], nodes.Select(node =>
            $"{node.GetProperty("name")} {node.GetProperty("state")} {node.GetProperty("here")}"));
        Assert.True(nodes[1].GetProperty("store").GetProperty("freeBytes").GetInt64() > 0);

        using var resumed = await _b.Http.PostAsync(new Uri("/api/nodes/b/resume", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, resumed.StatusCode);
        await Eventually.HoldsAsync(async () => (await _b.CreateAsync(("Upload-Length", "5"))).Status == 201);

        using var runs = await _a.Http.DeleteAsync(new Uri("/api/nodes/b", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Conflict, runs.StatusCode);
        using var unknown = await _a.Http.PostAsync(new Uri("/api/nodes/c/drain", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task A_backup_that_would_lack_the_files_of_another_node_is_refused()
    {
        _ = await _b.UploadAsync(TusClient.Bytes(10));
        await using var backup = ServiceProcess.Launch(
            pair.Rig.Directory("a"), ["backup", pair.Rig.Directory("backup")], pair.Rig.Settings("a"));
        Assert.Equal(2, await backup.ExitCodeAsync());
        Assert.Contains("The node b has files of this ledger", backup.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_nodes_of_the_ledger_are_answered()
    {
        using (var content = new ByteArrayContent([1, 2, 3]))
        using (var put = await _a.Http.PutAsync(new Uri("/api/files/asked-for.bin", UriKind.Relative), content))
            Assert.True(put.IsSuccessStatusCode);
        await using var connection = await LedgerAsync();
        var address = await connection.QuerySingleAsync<string>("select address from nodes where name = 'a'");
        var file = await connection.QueryFirstAsync<(Guid Store, short Kind, long Incarnation, Guid Id)>(
            "select store, kind, incarnation, id from stored_files limit 1");
        var path = $"/internal/files/{file.Store:n}/{file.Kind}/{file.Incarnation}/{file.Id:n}";
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var stranger = new HttpClient(handler) { BaseAddress = new Uri($"https://{address}") };
        stranger.DefaultRequestHeaders.Authorization = new("Bearer", pair.Rig["a"].Key);
        using var refused = await stranger.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var forged = new HttpRequestMessage(HttpMethod.Get, path);
        forged.Headers.Add(
            "ChunkUpload-Node", $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()} {new string('0', 32)} {new string('0', 64)}");
        using var answer = await stranger.SendAsync(forged);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);

        // The address for clients has nothing of it.
        using var outside = await _a.Http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, outside.StatusCode);
    }

    private bool IsThere(string node, long length) =>
        Directory.EnumerateFiles(Path.Combine(pair.Rig.Directory(node), "files"), "*", SearchOption.AllDirectories)
            .Any(file => new FileInfo(file).Length == length);

    private static async Task<JsonElement> DescribeAsync(TusClient node, string path) =>
        await node.Http.GetFromJsonAsync<JsonElement>($"/api/files/{path.Split('/')[^1]}");

    private async Task<NpgsqlConnection> LedgerAsync()
    {
        var text = new NpgsqlConnectionStringBuilder(pair.Rig.Database) { SearchPath = LedgerDatabase.SearchPath, Pooling = false };
        var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public sealed class Pair : IAsyncLifetime
    {
        private readonly PostgresFixture _postgres = new();

        internal NodesRig Rig { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            await _postgres.InitializeAsync();
            Rig = await NodesRig.StartAsync(_postgres, "a", "b");
        }

        public async Task DisposeAsync() => await Rig.DisposeAsync();
    }
}
