using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

public sealed class PostgresFixtureTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_fresh_database_has_the_schema_and_is_not_shared()
    {
        var first = await postgres.CreateDatabaseAsync();
        var second = await postgres.CreateDatabaseAsync();

        Assert.NotEqual(first, second);
        await using var connection = new NpgsqlConnection(first);
        Assert.True(await connection.ExecuteScalarAsync<int>("select count(*) from chunkupload.migrations") > 0);
    }

    [Fact]
    public async Task A_ledger_finds_its_own_schema_first()
    {
        await using var ledger = await postgres.CreateLedgerAsync();

        await using var connection = await ledger.OpenConnectionAsync(CancellationToken.None);
        Assert.Equal("chunkupload", await connection.ExecuteScalarAsync<string>("select current_schema()"));
    }
}
