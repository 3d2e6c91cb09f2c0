using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
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
    private readonly ConcurrentBag<(Guid Entry, long Revision)> _acknowledged = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_changes_replayed_are_the_tree_whatever_four_clients_did_and_wherever_it_was_killed()
    {
        var database = await postgres.CreateDatabaseAsync();
        var environment = new Dictionary<string, string> { ["CHUNKUPLOAD__CONNECTIONSTRINGS__LEDGER"] = database };
        for (var round = 0; round < Rounds; round++)
        {
            await using var service = await ServiceProcess.StartAsync(_folder["data"], environment: environment);
            var acknowledged = _acknowledged.Count;
            var working = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => WorkAsync(service, new Random(round * 10 + client))));
            // The last round ends in order; the others in the middle of what is going on.
            if (round < Rounds - 1)
            {
                while (_acknowledged.Count < acknowledged + Clients * Steps / 3 && !working.IsCompleted)
                    await Task.Delay(5);
                await service.Kill9Async();
            }

            await working;
            if (round == Rounds - 1)
                await CompareAsync(service, database);
        }

        await using var fsck = ServiceProcess.Launch(_folder["data"], ["fsck", "--deep", $"--ConnectionStrings:Ledger={database}"]);
        Assert.True(await fsck.ExitCodeAsync() == 0, fsck.Output);
    }

    private async Task WorkAsync(ServiceProcess service, Random random)
    {
        using var client = service.CreateClient();
        for (var step = 0; step < Steps; step++)
        {
            var (from, to) = (Path(random), Path(random));
            var conflict = Conflicts[random.Next(Conflicts.Length)];
            using var request = random.Next(7) switch
            {
                0 or 1 => New(HttpMethod.Put, $"{from}?parents=true&conflict={conflict}", new StringContent($"{step}")),
                2 => New(HttpMethod.Put, $"{from}/?parents=true", null),
                3 => New(HttpMethod.Patch, from, JsonContent.Create(new { path = to, conflict, parents = true })),
                4 => New(HttpMethod.Post, "copy", JsonContent.Create(new { from, to, conflict, parents = true })),
                5 => await RestoringAsync(client, random, to, conflict) ?? New(HttpMethod.Delete, from, null),
                _ => New(HttpMethod.Delete, from, null),
            };
            try
            {
                using var answer = await client.SendAsync(request);
                Assert.True((int)answer.StatusCode < 500 || (int)answer.StatusCode == 503,
                    $"{request.Method} {request.RequestUri}: {answer.StatusCode}");
                if (answer.IsSuccessStatusCode && answer.Content.Headers.ContentLength > 0)
                {
                    var entry = await answer.Content.ReadFromJsonAsync<JsonElement>();
                    _acknowledged.Add(
                        (Guid.ParseExact(entry.GetProperty("id").GetString()!, "N"), entry.GetProperty("revision").GetInt64()));
                }
            }
            catch (Exception reason) when (reason is HttpRequestException or IOException)
            {
                // Killed.
                return;
            }
        }
    }

    /// <summary>Null if there is nothing to restore, or the service does not answer.</summary>
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
        var path = new NpgsqlConnectionStringBuilder(database) { SearchPath = LedgerDatabase.SearchPath, Pooling = false };
        await using var connection = new NpgsqlConnection(path.ConnectionString);
        var changes = (await connection.QueryAsync<Change>("select * from changes order by number")).AsList();
        Assert.Equal(Enumerable.Range(1, changes.Count).Select(n => (long)n), changes.Select(change => change.Number));
        Assert.True(changes.Count > Clients * Steps, $"Only {changes.Count} changes were made.");

        // A replay: each change brings its entry as it was afterwards.
        var entries = new Dictionary<Guid, Change>();
        foreach (var change in changes)
            entries[change.Entry] = change;
        var replayed = new List<string>();
        Describe(entries.Values.Where(entry => entry.Kind != "removed").ToLookup(entry => entry.Parent), changes[0].Space, "", replayed);

        using var client = service.CreateClient();
        var list = await client.GetFromJsonAsync<JsonElement>(new Uri("/api/tree/?recursive=true&limit=1000", UriKind.Relative));
        Assert.Equal(JsonValueKind.Null, list.GetProperty("nextCursor").ValueKind);
        Assert.Equal(replayed, list.GetProperty("items").EnumerateArray().Select(item => string.Join(
            ' ', item.GetProperty("path").GetString(), item.GetProperty("kind").GetString(), item.GetProperty("revision").GetInt64(),
            item.GetProperty("version").ToString(), item.GetProperty("fileId").ToString())));

        var known = changes.Select(change => (change.Entry, change.Revision)).ToHashSet();
        Assert.All(_acknowledged, acknowledged => Assert.Contains(acknowledged, known));
        Assert.NotEmpty(_acknowledged);

        // Nothing twice, and the counters agree.
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>(
            "select count(*) from (select parent, name from entries where removed_at is null group by 1, 2 having count(*) > 1) twice"));
        Assert.True(await connection.ExecuteScalarAsync<bool>("""
            select bool_and(s.entries = (select count(*) from entries e where e.space = s.id and e.parent is not null)
                and s.bytes = (select coalesce(sum(v.size), 0) from entry_versions v join entries e on e.id = v.entry where e.space = s.id)
                and s.sequence = (select max(c.number) from changes c where c.space = s.id))
            from spaces s
            """));
    }

    private static void Describe(ILookup<Guid?, Change> children, Guid folder, string prefix, List<string> lines)
    {
        foreach (var entry in children[folder].OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            lines.Add(string.Join(' ', prefix + entry.Name, entry.EntryKind, entry.Revision, entry.Version, entry.Upload?.ToString("N")));
            if (entry.EntryKind == "folder")
                Describe(children, entry.Entry, $"{prefix}{entry.Name}/", lines);
        }
    }

    private static HttpRequestMessage New(HttpMethod method, string path, HttpContent? content) =>
        new(method, new Uri($"/api/tree/{path}", UriKind.Relative)) { Content = content };

    private static string Path(Random random) =>
        string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Names[random.Next(Names.Length)]));

    private sealed class Change
    {
        public Guid Space { get; set; }
        public long Number { get; set; }
        public string Kind { get; set; } = "";
        public Guid Entry { get; set; }
        public Guid? Parent { get; set; }
        public string Name { get; set; } = "";
        public string EntryKind { get; set; } = "";
        public long Revision { get; set; }
        public int? Version { get; set; }
        public Guid? Upload { get; set; }
    }
}
