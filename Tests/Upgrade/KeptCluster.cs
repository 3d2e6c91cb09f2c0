using System.Diagnostics;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Upgrade;

/// <summary>The private cluster of a data directory, dumped and restored with PostgreSQL's own programs.</summary>
internal static class KeptCluster
{
    // The program allows a restore only after the statement that psql of older minor versions does not know.
    private static readonly string[] Unknown = ["\\restrict ", "\\unrestrict "];

    /// <summary>The connection string of the cluster that runs.</summary>
    public static Task<string> FindAsync(string data) => EmbeddedPostgres.FindAsync(
        data, StoreOf(data), new DatabaseOptions(), NullLogger<EmbeddedPostgres>.Instance, CancellationToken.None);

    /// <summary>Returns the statements that create the database anew in an empty one.</summary>
    public static async Task<string> DumpAsync(string data)
    {
        var server = new NpgsqlConnectionStringBuilder(await FindAsync(data));
        var text = await RunAsync("pg_dump", server, "--no-owner", "--no-privileges", server.Database!);
        var lines = text.Split('\n').Where(line => !Unknown.Any(word => line.StartsWith(word, StringComparison.Ordinal)));
        var reached = await RunAsync("psql", server, "-qAt", "-c", "select pg_snapshot_xmax(pg_current_snapshot())", server.Database!);
        // Events are in the order of their transactions, so the numbers of a new cluster must go on after those of the old one.
        return string.Join('\n', lines) + $"""

            do $$ begin
                while pg_current_xact_id()::text::bigint < {reached.Trim()} loop
                    commit;
                end loop;
            end $$;

            """;
    }

    /// <summary>Makes the private cluster of a data directory that has none, fills it, and stops it.</summary>
    public static async Task RestoreAsync(KeptRelease release, string data)
    {
        await release.UnpackAsync(data);
        using var folder = new TempFolder().Passable();
        var statements = folder["ledger.sql"];
        await release.WriteDumpAsync(statements);
        await using var postgres = new EmbeddedPostgres(
            data, StoreOf(data), new DatabaseOptions(), NullLogger<EmbeddedPostgres>.Instance);
        await postgres.StartAsync(CancellationToken.None);
        var server = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        _ = await RunAsync("psql", server, "-qX", "-v", "ON_ERROR_STOP=1", "-f", statements, server.Database!);
    }

    /// <summary>Runs a statement in the private cluster, which does not run before or afterwards.</summary>
    public static async Task AskAsync(string data, string statement)
    {
        await using var postgres = new EmbeddedPostgres(
            data, StoreOf(data), new DatabaseOptions(), NullLogger<EmbeddedPostgres>.Instance);
        await postgres.StartAsync(CancellationToken.None);
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        _ = await connection.ExecuteAsync(statement);
    }

    private static Guid StoreOf(string data) => StoreMarker.ReadOrCreate(data, TimeProvider.System).Id;

    private static async Task<string> RunAsync(string program, NpgsqlConnectionStringBuilder server, params string[] arguments)
    {
        var programs = await PostgresPrograms.FindAsync(null, null, CancellationToken.None);
        var start = new ProcessStartInfo(
            Path.Combine(programs.Directory, program), ["-h", server.Host!, "-p", $"{server.Port}", "-U", server.Username!, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors}");
        return await output;
    }
}
