using System.Diagnostics;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Jobs;
using Hangfire.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Support;

/// <summary>The run's own cluster in a temporary folder. Its template has all tables of a service that has started once.</summary>
internal sealed class SharedCluster
{
    public const string Template = "chunkupload";

    private static readonly Lazy<Task<SharedCluster>> Instance = new(StartAsync);

    private readonly EmbeddedPostgres _postgres;

    private SharedCluster(EmbeddedPostgres postgres) => _postgres = postgres;

    public static Task<SharedCluster> GetAsync() => Instance.Value;

    public string ConnectionStringTo(string database) => _postgres.ConnectionStringTo(database);

    private static async Task<SharedCluster> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("chunkupload-tests-").FullName;
        RemoveAtEnd(folder);
        var postgres =
            new EmbeddedPostgres(folder, Guid.NewGuid(), new DatabaseOptions { MaxPoolSize = 600 }, NullLogger<EmbeddedPostgres>.Instance);
        await postgres.StartAsync(CancellationToken.None);

        // A template must have no connections when it is copied.
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(
            postgres.ConnectionStringTo(Template))
        { Pooling = false, SearchPath = LedgerDatabase.SearchPath });
        await new Migrator(source, LedgerSchema.Embedded(), NullLogger<Migrator>.Instance).RunAsync(CancellationToken.None);
        await using var jobs = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(postgres.ConnectionStringTo(Template)) { Pooling = false }.ConnectionString);
        await jobs.OpenAsync();
        PostgreSqlObjectsInstaller.Install(jobs, HangfireSchema.Name);
        return new SharedCluster(postgres);
    }

    /// <summary>A shell waits for the end of its input, which also comes when the run is killed, and deletes everything.</summary>
    private static void RemoveAtEnd(string folder)
    {
        const string script = """
            read -r line
            if read -r server < "$1/postgres/postmaster.pid"; then
                kill -QUIT "$server"
                for turn in $(seq 200); do kill -0 "$server" || break; sleep 0.05; done
            fi
            rm -rf "$1"
            """;

        var start = new ProcessStartInfo("/usr/bin/setsid", ["/bin/sh", "-c", script, "sh", folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var reaper = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            reaper.StandardInput.Close();
            reaper.WaitForExit(TimeSpan.FromSeconds(10));
        };
    }
}
