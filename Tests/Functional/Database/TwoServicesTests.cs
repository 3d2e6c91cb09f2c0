using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>A ledger serves one service at a time: a second one, with its own store, is refused while the first one runs.</summary>
public sealed class TwoServicesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly TempFolder _folder = new TempFolder().Passable();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_second_service_is_refused_while_the_first_runs_and_takes_over_once_that_is_silent()
    {
        var environment = new Dictionary<string,
            string>
        { ["CHUNKUPLOAD__CONNECTIONSTRINGS__LEDGER"] = await postgres.CreateDatabaseAsync() };
        var database = environment["CHUNKUPLOAD__CONNECTIONSTRINGS__LEDGER"];
        await using var first = await ServiceProcess.StartAsync(_folder["first"], environment: environment);

        foreach (var verb in new[] { "serve", "add-volume" })
        {
            string[] arguments = verb == "serve" ? [verb, "--urls", "http://127.0.0.1:0"] : [verb];
            await using var refused = ServiceProcess.Launch(_folder["second"], arguments, environment);
            Assert.Equal(2, await refused.ExitCodeAsync());
            Assert.Contains(
                $"The service on host {Environment.MachineName} uses this ledger with its store "
                    + $"{Environment.MachineName}:{_folder["first"]}",
                refused.Output, StringComparison.Ordinal);
        }

        // The first service continues, and nothing of the second was recorded.
        var (file, session, tus) = await UploadAsync(first);
        Assert.Equal(1, await AskAsync(database, "select count(*) from stores"));

        // The killed service was active a moment ago, so the second one waits until its beat is old.
        await first.Kill9Async();
        await using var second = ServiceProcess.Launch(_folder["second"], ["add-volume"], environment);
        await second.WaitForLineAsync("Waiting up to");
        await AskAsync(database, "update heartbeats set beat_at = beat_at - interval '1 minute' returning 0");
        Assert.True(await second.ExitCodeAsync() == 0, second.Output);
        Assert.Equal(0, await AskAsync(database, "select count(*) from incarnations where fenced_at is null"));
        await File.WriteAllBytesAsync(_folder["second", "cookie.key"], await File.ReadAllBytesAsync(_folder["first", "cookie.key"]));
        File.SetUnixFileMode(_folder["second", "cookie.key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var third = await ServiceProcess.StartAsync(_folder["second"], environment: environment);
        Assert.Equal(1, await AskAsync(database, "select count(*) from incarnations where fenced_at is null"));
        Assert.Equal(1, await AskAsync(database, "select count(*) from heartbeats"));
        await AssertElsewhereAsync(third, file, session, tus);

        await using var back = ServiceProcess.Launch(_folder["first"], ["serve", "--urls", "http://127.0.0.1:0"], environment);
        Assert.Equal(2, await back.ExitCodeAsync());
        Assert.Contains($":{_folder["second"]}", back.Output, StringComparison.Ordinal);
    }

    /// <summary>A file, a session with a chunk, and an unfinished tus upload.</summary>
    private static async Task<(string File, string Session, string Tus)> UploadAsync(ServiceProcess service)
    {
        using var client = service.CreateClient();
        var placed = await client.PutAsync("/api/tree/lost.bin", new ByteArrayContent(Lost));
        Assert.Equal(HttpStatusCode.Created, placed.StatusCode);
        var put = await client.PutAsync("/api/files/a.bin", new ByteArrayContent([1, 2, 3]));
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        var created = await client.PostAsJsonAsync("/api/sessions", new { fileName = "b.bin", size = 6 });
        var session = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        Assert.Equal(HttpStatusCode.Created, (await client.SendAsync(Chunk(session, 0))).StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files") { Content = new ByteArrayContent([1, 2, 3]) };
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", "6");
        request.Content.Headers.ContentType = new("application/offset+octet-stream");
        var tus = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, tus.StatusCode);
        return ((await put.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!, session,
            tus.Headers.Location!.AbsolutePath);
    }

    /// <summary>
    /// Checks at the service of another store: reported as elsewhere, not served, not changed, and never taken for damaged.
    /// </summary>
    private static async Task AssertElsewhereAsync(ServiceProcess service, string file, string session, string tus)
    {
        using var client = service.CreateClient();
        await AssertRefusedAsync(await client.GetAsync($"/api/files/{file}/content"));
        await AssertRefusedAsync(await client.SendAsync(Chunk(session, 3)));
        await AssertRefusedAsync(await client.PostAsync($"/api/sessions/{session}/complete", null));
        await AssertRefusedAsync(await client.DeleteAsync($"/api/sessions/{session}/chunks/0"));
        await AssertRefusedAsync(await client.DeleteAsync($"/api/sessions/{session}/chunks/0?length=3"));
        using var patch = new HttpRequestMessage(HttpMethod.Patch, tus) { Content = new ByteArrayContent([4, 5, 6]) };
        patch.Headers.Add("Tus-Resumable", "1.0.0");
        patch.Headers.Add("Upload-Offset", "3");
        patch.Content.Headers.ContentType = new("application/offset+octet-stream");
        await AssertRefusedAsync(await client.SendAsync(patch));

        using var check = await client.PostAsJsonAsync("/api/tree/check", new { path = "lost.bin", size = Lost.Length });
        var differs = await check.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("differs", "content"), (differs.GetProperty("state").GetString(), differs.GetProperty("why")[0].GetString()));

        // Content of the other store is not known here: its bytes must be sent again, also to the path where the file was.
        foreach (var path in new[] { "lost.bin", "copy.bin" })
        {
            var again = await client.PostAsJsonAsync(
                "/api/sessions",
                new { fileName = path, path, size = Lost.Length, sha256 = Convert.ToHexStringLower(SHA256.HashData(Lost)) });
            Assert.Equal("open", (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        }

        using var head = new HttpRequestMessage(HttpMethod.Head, tus);
        head.Headers.Add("Tus-Resumable", "1.0.0");
        var offset = await client.SendAsync(head);
        Assert.Equal((HttpStatusCode.OK, "3"), (offset.StatusCode, offset.Headers.GetValues("Upload-Offset").Single()));
        var described = await client.GetFromJsonAsync<JsonElement>($"/api/files/{file}");
        Assert.Equal(file, described.GetProperty("id").GetString());
        Assert.False(described.TryGetProperty("damagedAt", out _));
        described = await client.GetFromJsonAsync<JsonElement>($"/api/sessions/{session}");
        Assert.Equal(("open", 3), (described.GetProperty("state").GetString(), described.GetProperty("receivedBytes").GetInt32()));
        Assert.False(described.TryGetProperty("damagedAt", out _));

        // Ended uploads are reported as ended, wherever their bytes are.
        Assert.Equal(HttpStatusCode.OK, (await client.DeleteAsync($"/api/sessions/{session}")).StatusCode);
        Assert.Equal(HttpStatusCode.Gone, (await client.PostAsync($"/api/sessions/{session}/complete", null)).StatusCode);
    }

    private static byte[] Lost => [7, 8, 9];

    private static async Task AssertRefusedAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("elsewhere", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    private static HttpRequestMessage Chunk(string session, long offset)
    {
        byte[] bytes = [(byte)(offset + 1), (byte)(offset + 2), (byte)(offset + 3)];
        var request =
            new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{session}/chunks/{offset}") { Content = new ByteArrayContent(bytes) };
        request.Headers.Add("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData(bytes)));
        return request;
    }

    private static async Task<long> AskAsync(string database, string query)
    {
        var path = new NpgsqlConnectionStringBuilder(database) { SearchPath = LedgerDatabase.SearchPath, Pooling = false };
        await using var connection = new NpgsqlConnection(path.ConnectionString);
        return await connection.ExecuteScalarAsync<long>(query);
    }
}
