using System.Data;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>How faults of the database appear: a repeated call, otherwise 503, never an internal error.</summary>
public sealed class LedgerCallsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private sealed record Wide(string Text, int Number);

    [Fact]
    public async Task Query_that_breaks_off_in_a_row_is_repeated()
    {
        var text = await postgres.CreateDatabaseAsync();
        await using var relay = new DatabaseRelay(text);
        await using var database = await OpenAsync(relay.ConnectionString);
        var calls = new LedgerCalls(database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);
        var tries = 0;

        var rows = await calls.RunAsync(
            (connection, token) =>
            {
                if (++tries == 1)
                    relay.CutAfter(100_000);
                return connection.QueryAsync<Wide>(
                    new CommandDefinition("select repeat('x', 300000) as text, 7 as number", cancellationToken: token));
            },
            None);

        Assert.Equal(2, tries);
        Assert.Equal(1, relay.Cuts);
        Assert.Equal((300_000, 7), rows.Select(row => (row.Text.Length, row.Number)).Single());
    }

    [Fact]
    public async Task The_start_waits_for_a_database_that_refuses_connections()
    {
        var text = await postgres.CreateDatabaseAsync();
        await using var database = await OpenAsync(text);
        await using var server =
            NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(text) { Database = "postgres", Pooling = false });
        await using var operatorsOwn = await server.OpenConnectionAsync();
        var name = new NpgsqlConnectionStringBuilder(text).Database;
        await operatorsOwn.ExecuteAsync($"alter database {name} allow_connections false");
        await operatorsOwn.ExecuteAsync(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = @Name", new { Name = name });
        database.DataSource.Clear();
        var time = new ManualTime();
        var calls = new LedgerCalls(database, time, NullLogger<LedgerCalls>.Instance);

        bool? repeated = null;
        var answer = calls.RunAsync(
            (connection, again, token) =>
            {
                repeated = again;
                return connection.ExecuteScalarAsync<int>("select 1");
            },
            None);
        await Task.WhenAny(answer, time.WaitForTimerAsync(LedgerCalls.FirstPause));
        Assert.False(answer.IsCompleted);
        await operatorsOwn.ExecuteAsync($"alter database {name} allow_connections true");
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, await answer);
        Assert.False(repeated);
    }

    [Fact]
    public async Task A_closed_ledger_is_not_asked_again()
    {
        var database = await OpenAsync(await postgres.CreateDatabaseAsync());
        var source = database.DataSource;
        var calls = new LedgerCalls(database, new ManualTime(), NullLogger<LedgerCalls>.Instance);
        await source.DisposeAsync();

        await Assert.ThrowsAsync<LedgerUnavailableException>(
            () => calls.RunAsync((connection, _) => connection.ExecuteScalarAsync<int>("select 1"), None)
                .WaitAsync(Eventually.Limit));
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_statement_that_breaks_its_connection_at_once_is_a_fault_of_the_database_also_with_a_standby()
    {
        await using var database = await OpenAsync(await postgres.CreateDatabaseAsync(), new LedgerUse(NeedsStandby: true));
        var calls = new LedgerCalls(database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => calls.OnceAsync<int>(
            (connection, _) =>
            {
                connection.Close();
                return Task.FromException<int>(new NpgsqlException("The connection is gone."));
            },
            None));
    }

    [Theory]
    [InlineData("25P03", true)]
    [InlineData("25P04", true)]
    [InlineData("55000", true)]
    [InlineData("57014", true)]
    [InlineData("XX000", true)]
    [InlineData("42501", true)]
    [InlineData("XX001", false)]
    [InlineData("58P01", false)]
    [InlineData("23505", false)]
    public void Server_errors_are_told_apart_from_faults_of_the_statement(string state, bool isTransient)
    {
        var answer = new PostgresException("what happened", "ERROR", "ERROR", state);

        Assert.Equal(isTransient, LedgerErrors.IsTransient(answer));
        Assert.Equal(isTransient, LedgerErrors.IsTransient(new DataException("Error parsing column 1", answer)));
    }

    private static async Task<LedgerDatabase> OpenAsync(string text, LedgerUse? use = null)
    {
        var database = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance, use);
        await database.OpenAsync(text, None);
        return database;
    }
}
