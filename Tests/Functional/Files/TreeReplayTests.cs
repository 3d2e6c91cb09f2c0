using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>
/// Four clients change one tree at once while the service is killed again and again. Afterwards the changes, replayed from the first, are
/// the tree exactly, and everything that was acknowledged is among them.
/// </summary>
public sealed class TreeReplayTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private const int Clients = 4;

    // Before a release ./tools/check --all asks for more.
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_TREE_ROUNDS"), CultureInfo.InvariantCulture, out var given)
            ? given
            : 4;

    private const int Steps = 14;

    private static readonly string[] Names = ["a", "b", "c", "d.txt"];
    private static readonly string[] Conflicts = ["fail", "rename", "replace"];

    private readonly TempFolder _folder = new TempFolder().Passable();
    private readonly ConcurrentBag<(string Entry, long Revision)> _acknowledged = [];

    /// <summary>The id of a second space.</summary>
    private string _other = "";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Replayed_changes_equal_the_tree_after_four_clients_and_kills()
    {
        var database = await postgres.CreateDatabaseAsync();
        var environment = new Dictionary<string, string> { ["CHUNKUPLOAD__CONNECTIONSTRINGS__LEDGER"] = database };
        for (var round = 0; round < Rounds; round++)
        {
            await using var service = await ServiceProcess.StartAsync(_folder["data"], environment: environment);
            if (round == 0)
                _other = await NewSpaceAsync(service);
            var acknowledged = _acknowledged.Count;
            var working = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => WorkAsync(service, new Random(round * 10 + client))));
            // The last round stops in order; the others are killed in the middle of the changes.
            if (round < Rounds - 1)
            {
                await Eventually.HoldsAsync(() => _acknowledged.Count >= acknowledged + Clients * Steps / 3 || working.IsCompleted);
                await service.Kill9Async();
            }

            await working;
            if (round == Rounds - 1)
                await CompareAsync(service, database);
        }

        await using var fsck = ServiceProcess.Launch(_folder["data"], ["fsck", "--deep", $"--ConnectionStrings:Ledger={database}"]);
        Assert.True(await fsck.ExitCodeAsync() == 0, fsck.Output);
    }

    private static async Task<string> NewSpaceAsync(ServiceProcess service)
    {
        using var client = service.CreateClient();
        using var made = await client.PostAsJsonAsync(At("/api/spaces"), new { name = "Other" });
        return (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private async Task WorkAsync(ServiceProcess service, Random random)
    {
        using var client = service.CreateClient();
        for (var step = 0; step < Steps; step++)
        {
            var (from, to) = (Path(random), Path(random));
            var conflict = Conflicts[random.Next(Conflicts.Length)];
            using var request = random.Next(12) switch
            {
                0 or 1 => New(HttpMethod.Put, $"{from}?parents=true&conflict={conflict}", new StringContent($"{step}")),
                2 => New(HttpMethod.Put, $"{from}/?parents=true", null),
                3 => New(HttpMethod.Patch, from, JsonContent.Create(new { path = to, conflict, parents = true })),
                4 => New(HttpMethod.Post, "copy", JsonContent.Create(new { from, to, conflict, parents = true })),
                7 => New(HttpMethod.Post, $"{from}?unpack=tar&parents=true&conflict={conflict}", Tar($"{step}")),
                8 => await CompletingAsync(client, from, conflict) ?? New(HttpMethod.Delete, from, null),
                9 => New(HttpMethod.Post, "move", JsonContent.Create(new { from, to, conflict, parents = true, space = _other })),
                10 => Tus(from, conflict),
                11 when step % 4 == 0 => new HttpRequestMessage(HttpMethod.Delete, At("/api/trash")),
                5 => await RestoringAsync(client, random, to, conflict) ?? New(HttpMethod.Delete, from, null),
                _ => New(HttpMethod.Delete, from, null),
            };
            try
            {
                using var answer = await client.SendAsync(request);
                Assert.True((int)answer.StatusCode < 500 || (int)answer.StatusCode == 503,
                    $"{request.Method} {request.RequestUri}: {answer.StatusCode}");
                if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentType?.MediaType != "application/json")
                    continue;
                var entry = await answer.Content.ReadFromJsonAsync<JsonElement>();
                if (entry.TryGetProperty("revision", out var revision))
                    _acknowledged.Add((entry.GetProperty("id").GetString()!, revision.GetInt64()));
            }
            catch (Exception reason) when (reason is HttpRequestException or IOException)
            {
                // Killed.
                return;
            }
        }
    }

    private static ByteArrayContent Tar(string content) => new(new TarBytes().File("e", content).File("f/g", content).End());

    /// <summary>A file whose bytes are sent with the creation of its upload.</summary>
    private static HttpRequestMessage Tus(string path, string conflict)
    {
        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        var request = new HttpRequestMessage(HttpMethod.Post, At("/files")) { Content = new ByteArrayContent([1]) };
        request.Content.Headers.ContentType = new("application/offset+octet-stream");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", "1");
        request.Headers.Add("Upload-Metadata", $"path {Base64(path)},conflict {Base64(conflict)}");
        return request;
    }

    /// <summary>The last request of a session. Null if it is refused, or the service does not answer.</summary>
    private static async Task<HttpRequestMessage?> CompletingAsync(HttpClient client, string path, string conflict)
    {
        try
        {
            using var created = await client.PostAsJsonAsync(At("/api/sessions"), new { path, conflict, size = 1 });
            if (!created.IsSuccessStatusCode)
                return null;
            var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            using var chunk = new HttpRequestMessage(HttpMethod.Put, At($"/api/sessions/{id}/chunks/0"))
            {
                Content = new ByteArrayContent([1]),
            };
            chunk.Headers.Add("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData([1])));
            using var sent = await client.SendAsync(chunk);
            return new HttpRequestMessage(HttpMethod.Post, At($"/api/sessions/{id}/complete"));
        }
        catch (Exception reason) when (reason is HttpRequestException or IOException)
        {
            return null;
        }
    }

    /// <summary>Returns null if there is nothing to restore, or the service does not answer.</summary>
    private static async Task<HttpRequestMessage?> RestoringAsync(HttpClient client, Random random, string to, string conflict)
    {
        try
        {
            var trash = await client.GetFromJsonAsync<JsonElement>(new Uri("/api/trash?limit=100", UriKind.Relative));
            var items = trash.GetProperty("items");
            if (items.GetArrayLength() == 0)
                return null;
            var one = items[random.Next(items.GetArrayLength())].GetProperty("id").GetString();
            return new HttpRequestMessage(HttpMethod.Post, new Uri($"/api/trash/{one}/restore", UriKind.Relative))
            {
                Content = JsonContent.Create(new { path = random.Next(2) == 0 ? null : to, conflict }),
            };
        }
        catch (Exception reason) when (reason is HttpRequestException or IOException)
        {
            return null;
        }
    }

    private async Task CompareAsync(ServiceProcess service, string database)
    {
        using var client = service.CreateClient();
        var spaces = (await client.GetFromJsonAsync<JsonElement>(At("/api/spaces"))).GetProperty("items").EnumerateArray().ToList();
        var shared = spaces.Single(space => space.GetProperty("kind").GetString() == "shared").GetProperty("id").GetString()!;
        var changes = await ChangesAsync(client, shared);
        Assert.Equal(Enumerable.Range(1, changes.Count).Select(n => (long)n), changes.Select(change => change.Number));
        Assert.True(changes.Count > Clients * Steps, $"Only {changes.Count} changes were made.");

        // A replay: each change brings its entry as it was afterwards.
        var entries = new Dictionary<string, Change>();
        foreach (var change in changes)
            entries[change.Entry.Id] = change;
        var replayed = new List<string>();
        Describe(
            entries.Values.Where(change => change.Kind != "removed").Select(change => change.Entry).ToLookup(entry => entry.Parent), shared,
            "", replayed);

        var list = await client.GetFromJsonAsync<JsonElement>(new Uri("/api/tree/?recursive=true&limit=1000", UriKind.Relative));
        Assert.Equal(JsonValueKind.Null, list.GetProperty("nextCursor").ValueKind);
        Assert.Equal(replayed, list.GetProperty("items").EnumerateArray().Select(item => string.Join(
            ' ', item.GetProperty("path").GetString(), item.GetProperty("kind").GetString(), item.GetProperty("revision").GetInt64(),
            item.GetProperty("version").ToString(), item.GetProperty("fileId").ToString())));

        var known = new HashSet<(string, long)>();
        foreach (var space in spaces)
        {
            known.UnionWith((await ChangesAsync(client, space.GetProperty("id").GetString()!))
                .Select(change => (change.Entry.Id, change.Entry.Revision)));
        }

        Assert.All(_acknowledged, acknowledged => Assert.Contains(acknowledged, known));
        Assert.NotEmpty(_acknowledged);

        // Nothing is stored twice, and the counters agree.
        var path = new NpgsqlConnectionStringBuilder(database) { SearchPath = LedgerDatabase.SearchPath, Pooling = false };
        await using var connection = new NpgsqlConnection(path.ConnectionString);
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>(
            """
            select count(*) from (
                select parent, name from entries where removed_at is null and parent is not null group by 1, 2 having count(*) > 1) twice
            """));
        Assert.True(await connection.ExecuteScalarAsync<bool>("""
            select bool_and(s.entries = (select count(*) from entries e where e.space = s.id and e.parent is not null)
                and s.bytes = (select coalesce(sum(v.size), 0) from entry_versions v join entries e on e.id = v.entry where e.space = s.id)
                and s.sequence = (select max(c.number) from changes c where c.space = s.id))
            from spaces s
            """));
    }

    private static async Task<List<Change>> ChangesAsync(HttpClient client, string space)
    {
        var changes = new List<Change>();
        string? cursor = null;
        while (true)
        {
            var page = (await client.GetFromJsonAsync<ChangePage>(
                At($"/api/spaces/{space}/changes?limit=100{(cursor is null ? "" : "&since=")}{cursor}"), JsonSerializerOptions.Web))!;
            Assert.False(page.Reset);
            changes.AddRange(page.Items);
            if (!page.More)
                return changes;
            cursor = page.Cursor;
        }
    }

    private static void Describe(ILookup<string?, Changed> children, string folder, string prefix, List<string> lines)
    {
        foreach (var entry in children[folder].OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            lines.Add(string.Join(' ', prefix + entry.Name, entry.Kind, entry.Revision, entry.Version, entry.FileId));
            if (entry.Kind == "folder")
                Describe(children, entry.Id, $"{prefix}{entry.Name}/", lines);
        }
    }

    private static Uri At(string address) => new(address, UriKind.Relative);

    private static HttpRequestMessage New(HttpMethod method, string path, HttpContent? content) =>
        new(method, new Uri($"/api/tree/{path}", UriKind.Relative)) { Content = content };

    private static string Path(Random random) =>
        string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Names[random.Next(Names.Length)]));

    private sealed record ChangePage(Change[] Items, string Cursor, bool More, bool Reset);

    private sealed record Change(long Number, string Kind, Changed Entry);

    private sealed record Changed(string Id, string? Parent, string Name, string Kind, long Revision, int? Version, string? FileId);
}
