using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

public sealed class MigratorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const long Gate = 4711;

    private static readonly Migration First = new(1, "first", "create table a (n integer); insert into a values (1);");
    private static readonly Migration Second = new(2, "second", "create table b (n integer);");

    /// <summary>Stops between its statements, until the test lets go of a lock.</summary>
    private static readonly Migration Gated = new(1, "gated", $"create table a (n integer); select pg_advisory_xact_lock({Gate}); insert into a values (1);");

    private NpgsqlDataSource _source = null!;

    public async Task InitializeAsync() =>
        _source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync(migrated: false) + ";Search Path=chunkupload");

    public async Task DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task Applies_each_migration_once()
    {
        Assert.Equal(1, await RunAsync(First));
        Assert.Equal(1, await RunAsync(First, Second));
        Assert.Equal(0, await RunAsync(First, Second));

        Assert.Equal(1, await AskAsync("select count(*) from a"));
        Assert.Equal(2, await AskAsync("select count(*) from chunkupload.migrations where length(checksum) = 32"));
    }

    [Fact]
    public async Task Applies_the_embedded_migrations()
    {
        var embedded = Migration.Embedded();

        Assert.NotEmpty(embedded);
        Assert.Equal(embedded.Count, await RunAsync([.. embedded]));
        Assert.Equal(0, await RunAsync([.. embedded]));
    }

    [Fact]
    public async Task Refuses_an_edited_migration_by_its_name()
    {
        await RunAsync(First, Second);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => RunAsync(First with { Sql = First.Sql + " " }, Second));

        Assert.Contains("db/0001_first.sql", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_other_line_ends_for_no_edit()
    {
        await RunAsync(First with { Sql = "create table a\n(n integer);" });

        Assert.Equal(0, await RunAsync(First with { Sql = "create table a\r\n(n integer);" }));
    }

    [Fact]
    public async Task Refuses_a_ledger_of_a_newer_version()
    {
        await RunAsync(First, Second);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => RunAsync(First));

        Assert.Contains("newer version", refused.Message, StringComparison.Ordinal);
        Assert.Contains("0002 second", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_ledger_with_a_gap()
    {
        await RunAsync(First, Second);
        await ExecuteAsync("delete from chunkupload.migrations where number = 1");

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => RunAsync(First, Second));

        Assert.Contains("lacks migration 0001", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Migrations_with_a_gap_in_their_numbers_are_a_mistake_of_ours() =>
        Assert.Throws<InvalidOperationException>(() => Migration.InOrder([First, Second with { Number = 3 }]));

    [Fact]
    public async Task Killed_between_two_statements_leaves_nothing_and_the_next_run_does_it_all()
    {
        await using var gate = await CloseGateAsync();
        var killed = RunAsync(Gated, Second);
        await UntilAsync("select count(*) from pg_locks where locktype = 'advisory' and not granted", 1);

        await ExecuteAsync("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted");

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => killed);
        Assert.Equal(0, await AskAsync("select count(*) from pg_tables where tablename = 'a'"));
        await gate.DisposeAsync();
        Assert.Equal(2, await RunAsync(Gated, Second));
        Assert.Equal(1, await AskAsync("select count(*) from a"));
    }

    [Fact]
    public async Task A_second_node_waits_and_then_finds_nothing_to_do()
    {
        await using var gate = await CloseGateAsync();
        var first = RunAsync(Gated);
        await UntilAsync("select count(*) from pg_locks where locktype = 'advisory' and not granted", 1);
        var second = RunAsync(Gated);
        await UntilAsync("select count(*) from pg_locks where locktype = 'advisory' and not granted", 2);

        await gate.DisposeAsync();

        Assert.Equal(1, await first);
        Assert.Equal(0, await second);
        Assert.Equal(1, await AskAsync("select count(*) from a"));
    }

    [Fact]
    public async Task A_failing_migration_leaves_those_before_it_and_frees_the_lock()
    {
        var broken = Second with { Sql = "create table b (n integer); select 1 / 0;" };

        await Assert.ThrowsAsync<PostgresException>(() => RunAsync(First, broken));

        Assert.Equal(1, await RunAsync(First, Second));
    }

    [Fact]
    public async Task Refuses_a_user_without_rights_and_says_which()
    {
        var role = $"poor_{Guid.NewGuid():n}";
        await ExecuteAsync($"create role {role} login");
        var text = new NpgsqlConnectionStringBuilder(_source.ConnectionString) { Username = role };
        await using var poor = NpgsqlDataSource.Create(text);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(
            () => new Migrator(poor, [First], NullLogger<Migrator>.Instance).RunAsync(CancellationToken.None));

        Assert.Contains($"CREATE SCHEMA chunkupload AUTHORIZATION {role}", refused.Message, StringComparison.Ordinal);
        await ExecuteAsync($"create schema chunkupload authorization {role}");
        Assert.Equal(1, await new Migrator(poor, [First], NullLogger<Migrator>.Instance).RunAsync(CancellationToken.None));
    }

    private Task<int> RunAsync(params Migration[] migrations) =>
        new Migrator(_source, migrations, NullLogger<Migrator>.Instance).RunAsync(CancellationToken.None);

    private async Task<NpgsqlConnection> CloseGateAsync()
    {
        var connection = new NpgsqlConnection(_source.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await connection.ExecuteAsync($"select pg_advisory_lock({Gate})");
        return connection;
    }

    private async Task<long> AskAsync(string sql)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(sql);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await _source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>Until another session waits where the test wants it to.</summary>
    private async Task UntilAsync(string sql, long expected)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await AskAsync(sql.Replace("where ", "where database = (select oid from pg_database where datname = current_database()) and ", StringComparison.Ordinal)) != expected)
            await Task.Delay(5, patience.Token);
    }
}
