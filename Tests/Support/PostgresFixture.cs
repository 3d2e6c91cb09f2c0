using ChunkUpload.Infrastructure.Database;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// Databases for tests, in one private cluster per run. Use it as a class fixture, so that classes can run in parallel: all instances share
/// the cluster, which is created at first use and removed when the run ends in any way.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private SharedCluster? _cluster;

    // All databases of a run have the same tables. By default, Dapper compiles each statement's code again for each connection string.
    static PostgresFixture() => SqlMapper.ConnectionStringComparer = new SameSchema();

    private SharedCluster Cluster => _cluster ?? throw new InvalidOperationException("The fixture was not initialised.");

    public async Task InitializeAsync() => _cluster = await SharedCluster.GetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>A fresh database with the newest schema, or an empty one.</summary>
    /// <returns>Its connection string for <c>ConnectionStrings:Ledger</c>.</returns>
    public async Task<string> CreateDatabaseAsync(bool migrated = true)
    {
        var name = $"test_{Guid.NewGuid():n}";
        await using var connection = new NpgsqlConnection(Cluster.ConnectionStringTo("postgres"));
        // Copying files needs less processor time than writing each page to the log; with fsync=off its checkpoints are cheap.
        await connection.ExecuteAsync(
            $"create database {name} template {(migrated ? SharedCluster.Template : "template0")} strategy file_copy");
        return Cluster.ConnectionStringTo(name);
    }

    /// <summary>Drops a database that is no longer needed; what still uses it loses its connections.</summary>
    public static async Task DropAsync(string connectionString)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await using var connection = new NpgsqlConnection((await SharedCluster.GetAsync()).ConnectionStringTo("postgres"));
        await connection.ExecuteAsync($"drop database if exists {name} with (force)");
    }

    private sealed class SameSchema : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => true;

        public int GetHashCode(string obj) => 0;
    }

    /// <summary>The pool that the service would have, on a fresh database.</summary>
    internal async Task<LedgerDatabase> CreateLedgerAsync()
    {
        var ledger = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        await ledger.OpenAsync(await CreateDatabaseAsync(), CancellationToken.None);
        return ledger;
    }
}
