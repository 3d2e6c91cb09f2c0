using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Database;

public sealed class DatabaseStartTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Migrations = "select count(*) from migrations";

    [Fact]
    public async Task Without_a_connection_string_runs_a_private_cluster_until_stopped()
    {
        using var folder = new TempFolder().Passable();
        using var data = new DataDirectory(new DataOptions { Directory = folder["data"] }, TimeProvider.System);
        data.Open();
        await using var ledger = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        await using var start = new DatabaseStart(
            data, new DatabaseOptions(), new ConnectionStringOptions(), ledger, Bond(data, ledger), TestEnvironment.Production,
                NullLoggerFactory.Instance);

        await start.StartAsync(CancellationToken.None);

        Assert.Equal(LedgerSchema.Embedded().Migrations.Count, await CountAsync(ledger));
        Assert.NotNull(Postmaster.Find(folder["data", "postgres"]));
        await start.StopAsync(CancellationToken.None);
        Assert.Null(Postmaster.Find(folder["data", "postgres"]));
    }

    [Fact]
    public async Task With_a_connection_string_uses_that_server_and_makes_no_cluster()
    {
        using var folder = new TempFolder();
        using var data = new DataDirectory(new DataOptions { Directory = folder["data"] }, TimeProvider.System);
        data.Open();
        var connection = new ConnectionStringOptions { Ledger = await postgres.CreateDatabaseAsync(migrated: false) };
        await using var ledger = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        await using var start = new DatabaseStart(
            data, new DatabaseOptions(), connection, ledger, Bond(data, ledger), TestEnvironment.Production, NullLoggerFactory.Instance);

        await start.StartAsync(CancellationToken.None);

        Assert.Equal(LedgerSchema.Embedded().Migrations.Count, await CountAsync(ledger));
        Assert.False(Directory.Exists(folder["data", "postgres"]));
    }

    private static StoreBinding Bond(DataDirectory data, LedgerDatabase ledger) =>
        new(
            data, ledger, new LedgerUse(),
            new SoleUseCheck(ledger, new LedgerUse(), TimeProvider.System, NullLogger<SoleUseCheck>.Instance),
            NullLogger<StoreBinding>.Instance);

    private static async Task<int> CountAsync(LedgerDatabase ledger)
    {
        await using var connection = await ledger.OpenConnectionAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<int>(Migrations);
    }
}
