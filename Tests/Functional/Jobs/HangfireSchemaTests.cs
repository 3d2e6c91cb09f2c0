using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Jobs;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class HangfireSchemaTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Tables =
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'hangfire' and c.relkind = 'r'";

    [Fact]
    public async Task The_tables_are_created_once_even_when_two_nodes_start_together()
    {
        await using var ledger = await CreateWithoutAsync();

        await Task.WhenAll(MakeAsync(ledger), MakeAsync(ledger));
        await using var connection = await ledger.OpenConnectionAsync(CancellationToken.None);
        var made = await connection.ExecuteScalarAsync<int>(Tables);
        await connection.ExecuteAsync("insert into hangfire.counter (key, value) values ('kept', 1)");
        await MakeAsync(ledger);

        Assert.Equal(HangfireSchema.Newest, await connection.ExecuteScalarAsync<int>("select version from hangfire.schema"));
        Assert.True(made > 10);
        Assert.Equal(made, await connection.ExecuteScalarAsync<int>(Tables));
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*) from hangfire.counter where key = 'kept'"));
    }

    [Fact]
    public async Task A_user_without_rights_is_told_which_rights_the_tables_need()
    {
        await using var ledger = await CreateWithoutAsync();
        var role = $"poor_{Guid.NewGuid():n}";
        await using var admin = await ledger.OpenConnectionAsync(CancellationToken.None);
        await admin.ExecuteAsync($"create role {role} login");
        await using var poor = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        await poor.OpenAsync(
            new NpgsqlConnectionStringBuilder(ledger.ConnectionString) { Username = role }.ConnectionString, CancellationToken.None);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => MakeAsync(poor));
        Assert.Contains($"CREATE SCHEMA hangfire AUTHORIZATION {role}", refused.Message, StringComparison.Ordinal);

        await admin.ExecuteAsync($"create schema hangfire authorization {role}");
        await MakeAsync(poor);
        Assert.True(await admin.ExecuteScalarAsync<int>(Tables) > 10);
    }

    private async Task<LedgerDatabase> CreateWithoutAsync()
    {
        var ledger = await postgres.CreateLedgerAsync();
        await using var connection = await ledger.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync("drop schema hangfire cascade");
        return ledger;
    }

    private static Task MakeAsync(LedgerDatabase ledger) =>
        new HangfireSchema(ledger, TimeProvider.System, NullLoggerFactory.Instance).StartAsync(CancellationToken.None);
}
