using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Api.Cli;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>The verbs backup and restore, as docs/operations.md has them.</summary>
public sealed class BackupTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 300_000).Select(index => (byte)(index * 7919 >> 5))];

    private readonly TempFolder _folder = new TempFolder().Passable();

    private string[] _connectors = [];
    private string[] _settings = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_restore_brings_back_the_state_at_the_backups_begin_without_old_access(bool isPrivate)
    {
        string file, session, secret, since, pair;
        await using var google = await TransferRig.StartAsync();
        var signIn = await google.SignInAsync();
        _connectors = [.. google.Settings.Select(pair => $"--{pair.Key}={pair.Value}")];
        await using (var service = await ServiceProcess.StartAsync(_folder["data"], await SettingsAsync(isPrivate)))
        {
            file = await PutAsync(service, "film.mp4");
            session = await OpenSessionAsync(service);
            secret = await NewKeyAsync();
            using (var client = service.CreateClient())
            {
                using var placed = await client.PutAsync(Address("/api/tree/films/one.mp4?parents=true"), new ByteArrayContent(Bytes));
                placed.EnsureSuccessStatusCode();
                pair = await AddPairAsync(client);
                since = (await JsonAsync(await client.GetAsync(Address("/api/changes?since=now")))).GetProperty("cursor").GetString()!;
                using var added = await client.PostAsJsonAsync(
                    Address("/api/connections"), new { kind = "google-drive", title = "Drive", refreshToken = signIn });
                Assert.Equal(HttpStatusCode.Created, added.StatusCode);
            }

            await CountedAsync(service, "film.mp4", "one.mp4");
            Assert.Contains("; 3 files copied", await RunAsync(0, "backup", _folder["backup"]), StringComparison.Ordinal);
            // Not in the backup.
            await PutAsync(service, "later.mp4");
            Assert.Equal(0, await service.StopAsync());
        }

        // The sign-ins of a backup can only be used with the key in the data directory.
        Assert.DoesNotContain(signIn, await DumpedAsync(), StringComparison.Ordinal);
        Directory.Move(_folder["data"], _folder["lost"]);
        var settings = await SettingsAsync(isPrivate);
        Assert.Contains("Clean.", await RunAsync(0, "restore", _folder["backup"], "--deep"), StringComparison.Ordinal);

        await using (var service = await ServiceProcess.StartAsync(_folder["data"], settings))
        {
            using var client = service.CreateClient();
            Assert.Equal(Bytes, await GetAsync(service, file));
            Assert.Equal(Bytes, await GetAsync(service, "/api/tree/films/one.mp4"));
            Assert.Single((await JsonAsync(await client.GetAsync(Address("/api/files")))).GetProperty("items").EnumerateArray());
            // Two services must not use one refresh token.
            var connection = Assert.Single(
                (await JsonAsync(await client.GetAsync(Address("/api/connections")))).GetProperty("items").EnumerateArray());
            Assert.Equal("disabled", connection.GetProperty("state").GetString());
            // Its records are older than its folders.
            var paused = await JsonAsync(await client.GetAsync(Address($"/api/syncs/{pair}")));
            Assert.Equal("paused", paused.GetProperty("state").GetString());
            Assert.Contains("restored from a backup", paused.GetProperty("reason").GetString(), StringComparison.Ordinal);
            var half = await JsonAsync(await client.GetAsync(Address($"/api/sessions/{session}")));
            Assert.Equal(50_000, half.GetProperty("receivedBytes").GetInt64());
            Assert.True((await JsonAsync(await client.GetAsync(Address($"/api/changes?since={since}")))).GetProperty("reset").GetBoolean());
            await PutAsync(service, "new.mp4");
            // Also in another cluster, whose transactions have smaller numbers.
            await CountedAsync(service, "film.mp4", "one.mp4", "new.mp4");

            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(service, secret));
            Assert.Contains("disabled", await RunAsync(0, "keys", "list"), StringComparison.Ordinal);
            Assert.Contains("1 key is enabled.", await RunAsync(0, "keys", "enable", "all"), StringComparison.Ordinal);
            Assert.Contains("No link was disabled.", await RunAsync(0, "links", "enable", "all"), StringComparison.Ordinal);
            await Eventually.HoldsAsync(async () => await StatusAsync(service, secret) == HttpStatusCode.OK);
            Assert.Equal(0, await service.StopAsync());
        }
    }

    [Fact]
    public async Task The_next_backup_copies_what_is_new_and_drops_what_is_gone()
    {
        await using (var service = await ServiceProcess.StartAsync(_folder["data"], await SettingsAsync(true)))
        {
            var first = await PutAsync(service, "one.mp4");
            Assert.Contains("1 file (", await RunAsync(0, "backup", _folder["backup"]), StringComparison.Ordinal);
            await PutAsync(service, "two.mp4");
            Assert.Contains("; 1 file copied", await RunAsync(0, "backup", _folder["backup"]), StringComparison.Ordinal);
            using var client = service.CreateClient();
            using var gone = await client.DeleteAsync(Address(first[..^"/content".Length]));
            Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
            Assert.Contains("; 0 files copied", await RunAsync(0, "backup", _folder["backup"]), StringComparison.Ordinal);
            Assert.Equal(0, await service.StopAsync());
        }

        Assert.Single(Directory.EnumerateFiles(_folder["backup", "files"], "*", SearchOption.AllDirectories));
        Assert.Single(Directory.EnumerateFiles(_folder["backup"], "*.dump"));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["backup"]));

        // A restore refuses a target that is not empty and a backup that is incomplete.
        Assert.Contains("is not empty", await RunAsync(2, "restore", _folder["backup"]), StringComparison.Ordinal);
        Directory.Delete(_folder["data"], recursive: true);
        Assert.Contains("holds no backup", await RunAsync(2, "restore", _folder["nothing"]), StringComparison.Ordinal);
        Directory.EnumerateFiles(_folder["backup", "files"], "*", SearchOption.AllDirectories).ToList().ForEach(File.Delete);
        Assert.Contains("has 0 of its 1 files", await RunAsync(2, "restore", _folder["backup"]), StringComparison.Ordinal);
        Directory.Delete(_folder["data"], recursive: true);
        await File.AppendAllTextAsync(Directory.EnumerateFiles(_folder["backup"], "*.dump").Single(), "x");
        Assert.Contains("was changed", await RunAsync(2, "restore", _folder["backup"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task No_backup_goes_into_a_folder_of_something_else()
    {
        await using var service = await ServiceProcess.StartAsync(_folder["data"], await SettingsAsync(true));
        Directory.CreateDirectory(_folder["other"]);
        await File.WriteAllTextAsync(_folder["other", "letter.txt"], "Dear");
        Assert.Contains("something other than a backup", await RunAsync(2, "backup", _folder["other"]), StringComparison.Ordinal);
        Assert.Contains("would be lost with", await RunAsync(2, "backup", _folder["data", "backup"]), StringComparison.Ordinal);
        Assert.Equal(["letter.txt"], Directory.EnumerateFileSystemEntries(_folder["other"]).Select(Path.GetFileName));
        Assert.Equal(0, await service.StopAsync());
    }

    [Fact]
    public async Task No_stored_file_is_unlinked_while_a_backup_copies()
    {
        var database = await postgres.CreateDatabaseAsync(migrated: false);
        await using var service = await ServiceProcess.StartAsync(_folder["data"], [$"--ConnectionStrings:Ledger={database}"]);
        var file = await PutAsync(service, "film.mp4");
        await using (var backup = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString))
        {
            await backup.OpenAsync();
            await backup.ExecuteAsync(BackupLock.TakeFiles, new { BackupLock.Files });
            using var client = service.CreateClient();
            using var gone = await client.DeleteAsync(Address(file[..^"/content".Length]));
            Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
            await SweepAsync(client);
            Assert.Single(Stored());
        }

        // PostgreSQL frees the lock a moment after its connection has ended.
        using (var client = service.CreateClient())
        {
            await Eventually.HoldsAsync(async () =>
            {
                await SweepAsync(client);
                return !Stored().Any();
            });
        }

        Assert.Equal(0, await service.StopAsync());

        IEnumerable<string> Stored() => Directory.EnumerateFiles(_folder["data", "files"], "*", SearchOption.AllDirectories);

        async Task SweepAsync(HttpClient client)
        {
            var runs = await RunsAsync(client);
            // It may run by its schedule just now.
            await Eventually.HoldsAsync(async () =>
            {
                using var begun = await client.PostAsync(Address("/api/jobs/sweep-orphans/run"), null);
                return begun.StatusCode == HttpStatusCode.Accepted;
            });
            await Eventually.HoldsAsync(async () => await RunsAsync(client) > runs);
        }

        async Task<int> RunsAsync(HttpClient client) =>
            (await JsonAsync(await client.GetAsync(Address("/api/jobs/sweep-orphans/history")))).GetProperty("items").EnumerateArray()
                .Count(run => run.GetProperty("outcome").GetString() == "succeeded");
    }

    [Theory]
    [InlineData("Backup")]
    [InlineData("Restore")]
    public void The_commands_of_the_chapter_are_valid(string chapter)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));
        var lines = text[text.IndexOf($"\n## {chapter}\n", StringComparison.Ordinal)..].Split('\n').Skip(2)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("    ./tools/run ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(lines);
        Assert.All(lines, line => CommandLine.Parse(line.Trim().Split(' ')[1..]));
    }

    [Fact]
    public async Task A_stored_file_that_is_brought_back_ends_the_quarantine_at_the_next_start()
    {
        var data = _folder["data"];
        string file;
        await using (var service = await ServiceProcess.StartAsync(data))
        {
            file = await PutAsync(service, "film.mp4");
            await service.StopAsync();
        }

        var stored = Directory.EnumerateFiles(Path.Combine(data, "files"), "*", SearchOption.AllDirectories).Single();
        var backup = await File.ReadAllBytesAsync(stored);
        File.Delete(stored);
        await using (var service = await ServiceProcess.StartAsync(data))
        {
            using var client = service.CreateClient();
            using var gone = await client.GetAsync(new Uri(file, UriKind.Relative));
            Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
            await service.StopAsync();
        }

        await File.WriteAllBytesAsync(stored, backup);
        await using (var service = await ServiceProcess.StartAsync(data))
        {
            await service.WaitForLineAsync("left quarantine");
            Assert.Equal(Bytes, await GetAsync(service, file));
            await service.StopAsync();
        }
    }

    /// <summary>Settings of the service and of the verbs that follow; each call names a new database.</summary>
    private static async Task CountedAsync(ServiceProcess service, params string[] names)
    {
        using var client = service.CreateClient();
        await Eventually.HoldsAsync(async () =>
        {
            using var answer = await client.GetAsync(Address("/api/history"));
            var found = (await JsonAsync(answer)).GetProperty("items").EnumerateArray().Select(one => one.GetProperty("name").GetString());
            return found.Order(StringComparer.Ordinal).SequenceEqual(names.Order(StringComparer.Ordinal));
        });
    }

    private async Task<string[]> SettingsAsync(bool isPrivate)
    {
        _settings = isPrivate
            ? _connectors
            : [.. _connectors, $"--ConnectionStrings:Ledger={await postgres.CreateDatabaseAsync(migrated: false)}"];
        return _settings;
    }

    private async Task<string> RunAsync(int code, params string[] command)
    {
        await using var verb = ServiceProcess.Launch(_folder["data"], [.. command, .. _settings]);
        Assert.True(await verb.ExitCodeAsync() == code, verb.Output);
        return verb.Output;
    }

    /// <summary>The rows of the backup as text.</summary>
    private async Task<string> DumpedAsync()
    {
        var program = PostgresPrograms.Folders(null).Select(folder => Path.Combine(folder, "pg_restore")).First(File.Exists);
        var start = new ProcessStartInfo(program, ["--data-only", "--file=-", .. Directory.EnumerateFiles(_folder["backup"], "*.dump")])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Contains("COPY ", text, StringComparison.Ordinal);
        Assert.Contains("google-drive", text, StringComparison.Ordinal);
        return text;
    }

    private async Task<string> NewKeyAsync() =>
        (await RunAsync(0, "keys", "add", "phone", "--scopes=list")).Split('\n')
        .Single(line => line.StartsWith("cu_", StringComparison.Ordinal));

    private static async Task<HttpStatusCode> StatusAsync(ServiceProcess service, string secret)
    {
        using var client = new HttpClient { BaseAddress = service.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, Address("/api/files"));
        request.Headers.Authorization = new("Bearer", secret);
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, text);
            return JsonDocument.Parse(text).RootElement;
        }
    }

    private static Uri Address(string path) => new(path, UriKind.Relative);

    private static async Task<string> PutAsync(ServiceProcess service, string name)
    {
        using var client = service.CreateClient();
        using var body = new ByteArrayContent(Bytes);
        using var answer = await client.PutAsync(new Uri($"/api/files/{name}", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return $"/api/files/{await IdOfAsync(answer)}/content";
    }

    /// <summary>Creates a session with one chunk in the middle.</summary>
    private static async Task<string> AddPairAsync(HttpClient client)
    {
        var (left, right) = (await FolderAsync("left"), await FolderAsync("right"));
        using var added = await client.PostAsJsonAsync(
            Address("/api/syncs"), new { title = "films", left = new { folder = left }, right = new { folder = right } });
        return (await JsonAsync(added)).GetProperty("id").GetString()!;

        async Task<string?> FolderAsync(string path)
        {
            using var made = await client.PutAsync(Address($"/api/tree/{path}/"), null);
            made.EnsureSuccessStatusCode();
            using var found = await client.GetAsync(Address($"/api/tree/{path}/"));
            return (await JsonAsync(found)).GetProperty("folder").GetProperty("id").GetString();
        }
    }

    private static async Task<string> OpenSessionAsync(ServiceProcess service)
    {
        using var client = service.CreateClient();
        using var session = new StringContent("""{"fileName":"open.mp4","size":200000}""", null, "application/json");
        using var made = await client.PostAsync(new Uri("/api/sessions", UriKind.Relative), session);
        using var chunk = new ByteArrayContent(Bytes[..50_000]);
        chunk.Headers.Add(
            "X-Chunk-SHA256", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Bytes.AsSpan(0, 50_000))));
        var id = await IdOfAsync(made);
        using var put = await client.PutAsync(Address($"/api/sessions/{id}/chunks/100000"), chunk);
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        return id;
    }

    private static async Task<string> IdOfAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;

    private static async Task<byte[]> GetAsync(ServiceProcess service, string file)
    {
        using var client = service.CreateClient();
        return await client.GetByteArrayAsync(new Uri(file, UriKind.Relative));
    }
}
