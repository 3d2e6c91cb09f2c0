using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>Backup and restore with the exact lines of docs/operations.md; afterwards every byte is verified.</summary>
public sealed class BackupTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 300_000).Select(index => (byte)(index * 7919 >> 5))];

    private readonly TempFolder _folder = new TempFolder().Passable();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task A_data_directory_with_its_private_database_comes_back() => PrivateAsync("work", isLinked: false);

    [RootFact]
    public async Task A_data_directory_in_a_closed_folder_comes_back_with_the_database_that_lies_elsewhere()
    {
        Directory.CreateDirectory(_folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await PrivateAsync(Path.Combine("closed", "work"), isLinked: true);
    }

    [Fact]
    public async Task A_data_directory_and_a_dump_that_were_taken_while_the_service_ran_come_back()
    {
        Directory.CreateDirectory(_folder["work"]);
        Directory.CreateDirectory(_folder["backup"]);
        var data = _folder["work", "data"];
        var database = await postgres.CreateDatabaseAsync(migrated: false);
        string file;
        await using (var service = await ServiceProcess.StartAsync(data, [$"--ConnectionStrings:Ledger={database}"]))
        {
            file = await PutAsync(service, "film.mp4");
            await OpenSessionAsync(service);
            await ShellAsync("work", Lines("Backup")[1], database);
            // Not in the backup.
            await PutAsync(service, "later.mp4");
            Assert.Equal(0, await service.StopAsync());
        }

        Directory.Delete(data, recursive: true);
        var restored = await postgres.CreateDatabaseAsync(migrated: false);
        await ShellAsync("work", Lines("Restore")[1], restored);

        await IsWholeAsync(data, file, [$"--ConnectionStrings:Ledger={restored}"]);
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

    private async Task PrivateAsync(string place, bool isLinked)
    {
        Directory.CreateDirectory(_folder[place]);
        var data = _folder[place, "data"];
        string[] settings = [$"--Database:PrivateDirectory={_folder["private"]}"];
        string file;
        await using (var service = await ServiceProcess.StartAsync(data, settings))
        {
            file = await PutAsync(service, "film.mp4");
            await OpenSessionAsync(service);
            Assert.Equal(0, await service.StopAsync());
        }

        Assert.Equal(isLinked, new FileInfo(Path.Combine(data, "postgres")).LinkTarget is not null);
        await ShellAsync(place, Lines("Backup")[0]);
        Directory.Delete(data, recursive: true);
        if (isLinked)
            Directory.Delete(_folder["private"], recursive: true);

        await ShellAsync(place, Lines("Restore")[0]);

        await IsWholeAsync(data, file, settings);
    }

    private static async Task IsWholeAsync(string data, string file, string[] settings)
    {
        await using (var fsck = ServiceProcess.Launch(data, ["fsck", "--deep", "--json", .. settings]))
        {
            Assert.True(await fsck.ExitCodeAsync() == 0, fsck.Output);
            var report = JsonDocument.Parse(fsck.Output).RootElement;
            Assert.Equal(
                (2, Bytes.Length + 50_000), (report.GetProperty("uploads").GetInt32(), report.GetProperty("bytesRead").GetInt32()));
        }

        await using var service = await ServiceProcess.StartAsync(data, settings);
        Assert.Equal(Bytes, await GetAsync(service, file));
        Assert.Equal(0, await service.StopAsync());
    }

    private static async Task<string> PutAsync(ServiceProcess service, string name)
    {
        using var client = service.CreateClient();
        using var body = new ByteArrayContent(Bytes);
        using var answer = await client.PutAsync(new Uri($"/api/files/{name}", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return $"/api/files/{await IdOfAsync(answer)}/content";
    }

    /// <summary>Creates a session with one chunk in the middle.</summary>
    private static async Task OpenSessionAsync(ServiceProcess service)
    {
        using var client = service.CreateClient();
        using var session = new StringContent("""{"fileName":"open.mp4","size":200000}""", null, "application/json");
        using var made = await client.PostAsync(new Uri("/api/sessions", UriKind.Relative), session);
        using var chunk = new ByteArrayContent(Bytes[..50_000]);
        chunk.Headers.Add(
            "X-Chunk-SHA256", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Bytes.AsSpan(0, 50_000))));
        using var put = await client.PutAsync(new Uri($"/api/sessions/{await IdOfAsync(made)}/chunks/100000", UriKind.Relative), chunk);
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
    }

    private static async Task<string> IdOfAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;

    private static async Task<byte[]> GetAsync(ServiceProcess service, string file)
    {
        using var client = service.CreateClient();
        return await client.GetByteArrayAsync(new Uri(file, UriKind.Relative));
    }

    /// <summary>The indented blocks of a chapter: first for the private database, then for a server of one's own.</summary>
    private static List<string> Lines(string chapter)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));
        var lines = text[text.IndexOf($"\n## {chapter}\n", StringComparison.Ordinal)..].Split('\n').Skip(2)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal));
        var blocks = new List<string>();
        var before = "";
        foreach (var line in lines)
        {
            if (line.StartsWith("    ", StringComparison.Ordinal))
            {
                if (!before.StartsWith("    ", StringComparison.Ordinal))
                    blocks.Add("");
                blocks[^1] += line.Trim() + "\n";
            }

            before = line;
        }

        Assert.Equal(2, blocks.Count);
        return blocks;
    }

    private async Task ShellAsync(string place, string script, string? database = null)
    {
        // fsck runs afterwards, from the build's folder.
        script = script.Replace("/backup", _folder["backup"], StringComparison.Ordinal)
            .Replace("./tools/run fsck --deep", "", StringComparison.Ordinal);
        if (database is not null)
        {
            var server = new NpgsqlConnectionStringBuilder(database);
            Assert.Contains("-h db -U chunkupload", script, StringComparison.Ordinal);
            script = script
                .Replace("-d chunkupload", "-d " + server.Database, StringComparison.Ordinal)
                .Replace(" chunkupload\n", $" {server.Database}\n", StringComparison.Ordinal)
                .Replace("-h db -U chunkupload", $"-h {server.Host} -p {server.Port} -U {server.Username}", StringComparison.Ordinal);
        }

        // The programs of a server that was installed without its client.
        const string path = "PATH=\"$PATH:$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)\"\n";
        using var bash = Process.Start(
            new ProcessStartInfo("bash", ["-euc", path + script]) { WorkingDirectory = _folder[place], RedirectStandardError = true })!;
        var complaint = await bash.StandardError.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, $"{script}\n{complaint}");
    }
}
