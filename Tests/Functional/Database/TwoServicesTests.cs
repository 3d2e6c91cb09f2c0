using System.Net;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>
/// A ledger serves one service at a time: the second one, with a store of its own, is refused as long as the first one runs.
/// </summary>
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

        // The first one goes on, and nothing of the second was remembered.
        using (var client = first.CreateClient())
            Assert.Equal(HttpStatusCode.Created, (await client.PutAsync("/api/files/a.bin", new ByteArrayContent([1, 2, 3]))).StatusCode);
        Assert.Equal(1, await AskAsync(database, "select count(*) from stores"));

        // A killed service was active a moment ago, so the second one waits until its beat is old.
        await first.Kill9Async();
        await using var second = ServiceProcess.Launch(_folder["second"], ["add-volume"], environment);
        await second.WaitForLineAsync("Waiting up to");
        await AskAsync(database, "update heartbeats set beat_at = beat_at - interval '1 minute' returning 0");
        Assert.True(await second.ExitCodeAsync() == 0, second.Output);
        await File.WriteAllBytesAsync(_folder["second", "cookie.key"], await File.ReadAllBytesAsync(_folder["first", "cookie.key"]));
        File.SetUnixFileMode(_folder["second", "cookie.key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var third = await ServiceProcess.StartAsync(_folder["second"], environment: environment);
        Assert.Equal(1, await AskAsync(database, "select count(*) from incarnations where fenced_at is null"));
        Assert.Equal(1, await AskAsync(database, "select count(*) from heartbeats"));

        await using var back = ServiceProcess.Launch(_folder["first"], ["serve", "--urls", "http://127.0.0.1:0"], environment);
        Assert.Equal(2, await back.ExitCodeAsync());
        Assert.Contains($":{_folder["second"]}", back.Output, StringComparison.Ordinal);
    }

    private static async Task<long> AskAsync(string database, string query)
    {
        var path = new NpgsqlConnectionStringBuilder(database) { SearchPath = LedgerDatabase.SearchPath, Pooling = false };
        await using var connection = new NpgsqlConnection(path.ConnectionString);
        return await connection.ExecuteScalarAsync<long>(query);
    }
}
