using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

public sealed partial class MigratorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const long Gate = 4711;

    // The tables that the migrator reads.
    private const string Incarnations = """
        create table stores (id uuid, name text);
        create table incarnations (id bigint, store uuid, host text, fenced_at timestamptz, ended_at timestamptz);
        create table heartbeats (incarnation bigint, beat_at timestamptz);
        """;

    private static readonly Migration First = new(1, "first", Incarnations + "create table a (n integer); insert into a values (1);");
    private static readonly Migration Second = new(2, "second", "create table b (n integer);");

    /// <summary>Stops between its statements until the test releases a lock.</summary>
    private static readonly Migration Gated =
        new(1, "gated", $"{Incarnations} create table a (n integer); select pg_advisory_xact_lock({Gate}); insert into a values (1);");

    private static readonly FunctionSet NoFunctions = new(1, []);

    private static readonly FunctionSet One = new(1, [Function("f", 1)]);

    private NpgsqlDataSource _source = null!;

    public async Task InitializeAsync() =>
        _source = NpgsqlDataSource.Create(
            await postgres.CreateDatabaseAsync(migrated: false) + ";Search Path=chunkupload,chunkupload_functions");

    public async Task DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task Applies_each_migration_once()
    {
        Assert.True(await RunAsync(First));
        Assert.True(await RunAsync(First, Second));
        Assert.False(await RunAsync(First, Second));

        Assert.Equal(1, await AskAsync("select count(*) from a"));
        Assert.Equal(2, await AskAsync("select count(*) from chunkupload.migrations where length(checksum) = 32"));
    }

    [Fact]
    public async Task Applies_the_embedded_schema()
    {
        var embedded = LedgerSchema.Embedded();

        Assert.NotEmpty(embedded.Migrations);
        Assert.NotEmpty(embedded.Functions.Files);
        Assert.True(await MakeAsync(embedded));
        Assert.False(await MakeAsync(embedded));
        Assert.Equal(embedded.Functions.Files.Count, await AskAsync(
            """
            select (select count(*) from pg_proc where pronamespace = 'chunkupload_functions'::regnamespace)
                 + (select count(*) from pg_class where relnamespace = 'chunkupload_functions'::regnamespace and relkind in ('v', 'c'))
            """));
        // The extension's functions may be beside the tables.
        Assert.Equal(0, await AskAsync(
            """
            select count(*) from pg_proc p
            where p.pronamespace = 'chunkupload'::regnamespace
              and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
            """));
    }

    [Fact]
    public async Task Refuses_a_ledger_made_before_the_schema_was_rewritten()
    {
        await RunAsync(new Migration(1, "uploads", "create table lives (id integer);"), new Migration(2, "lives", "select 1"));

        var refused = await RefusedAsync(LedgerSchema.Embedded());

        Assert.Contains(
            "cannot be upgraded: keep running that version, or start this one with an empty database", refused, StringComparison.Ordinal);
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

        Assert.False(await RunAsync(First with { Sql = "create table a\r\n(n integer);" }));
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
        Assert.Throws<InvalidOperationException>(() => new LedgerSchema([First, Second with { Number = 3 }], NoFunctions));

    [Fact]
    public async Task Killed_in_any_file_leaves_the_schema_before_and_the_next_run_does_it_all()
    {
        await using var gate = await CloseGateAsync();
        var before = new LedgerSchema([First], One);
        await MakeAsync(before);
        var gated = new FunctionFile("z.sql", $"select pg_advisory_xact_lock({Gate})");
        foreach (var after in new LedgerSchema[]
        {
            new([First, Gated with { Number = 2, Sql = $"create table b (n integer); select pg_advisory_xact_lock({Gate});" }], One),
            new([First, Second], new FunctionSet(2, [Function("f", 2), gated])),
        })
        {
            var killed = MakeAsync(after);
            await UntilAsync("select count(*) from pg_locks where locktype = 'advisory' and not granted", 1);

            await ExecuteAsync("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted");

            await Assert.ThrowsAnyAsync<NpgsqlException>(() => killed);
            Assert.Equal(0, await AskAsync("select count(*) from pg_tables where tablename = 'b'"));
            Assert.Equal(1, await AskAsync("select f()"));
            Assert.False(await MakeAsync(before));
        }

        await gate.DisposeAsync();
        Assert.True(await MakeAsync(new LedgerSchema([First, Second], new FunctionSet(2, [Function("f", 2), gated]))));
        Assert.Equal(2, await AskAsync("select f()"));
        Assert.Equal(0, await AskAsync("select count(*) from b"));
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

        Assert.True(await first);
        Assert.False(await second);
        Assert.Equal(1, await AskAsync("select count(*) from a"));
    }

    [Fact]
    public async Task A_failing_migration_leaves_nothing_and_frees_the_lock()
    {
        var broken = Second with { Sql = "create table b (n integer); select 1 / 0;" };

        await Assert.ThrowsAsync<PostgresException>(() => RunAsync(First, broken));

        Assert.Equal(0, await AskAsync("select count(*) from pg_tables where tablename in ('a', 'b', 'migrations')"));
        Assert.True(await RunAsync(First, Second));
    }

    [Fact]
    public async Task Refuses_a_user_without_rights_and_says_which()
    {
        var role = $"poor_{Guid.NewGuid():n}";
        await ExecuteAsync($"create role {role} login");
        var text = new NpgsqlConnectionStringBuilder(_source.ConnectionString) { Username = role };
        await using var poor = NpgsqlDataSource.Create(text);

        var schema = new LedgerSchema([First], One);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => Migrator(schema, poor).RunAsync(CancellationToken.None));

        Assert.Contains($"CREATE SCHEMA chunkupload AUTHORIZATION {role}", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"CREATE SCHEMA chunkupload_functions AUTHORIZATION {role}", refused.Message, StringComparison.Ordinal);
        await ExecuteAsync($"create schema chunkupload authorization {role}; create schema chunkupload_functions authorization {role}");
        Assert.True(await Migrator(schema, poor).RunAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_role_without_create_on_the_database_makes_and_changes_all_of_it_in_schemas_of_its_own()
    {
        var role = $"poor_{Guid.NewGuid():n}";
        await ExecuteAsync(
            $"""
            create role {role} login;
            create extension if not exists pg_trgm schema public;
            create schema chunkupload authorization {role};
            create schema chunkupload_functions authorization {role};
            """);
        await using var poor = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_source.ConnectionString) { Username = role });
        var embedded = LedgerSchema.Embedded();

        Assert.Equal(0, await AskAsync($"select has_database_privilege('{role}', current_database(), 'create')::int"));
        Assert.True(await Migrator(embedded, poor).RunAsync(CancellationToken.None));
        Assert.True(await Migrator(
            new LedgerSchema([.. embedded.Migrations, new Migration(embedded.Migrations.Count + 1, "next", "create table b (n integer);")],
                new FunctionSet(embedded.Functions.Number + 1, embedded.Functions.Files)),
            poor).RunAsync(CancellationToken.None));
    }

    private static FunctionFile Function(string name, int answer) =>
        new($"{name}.sql", $"create function {name}() returns integer language sql as 'select {answer}'");

    private static FunctionFile View(string name) => new($"{name}.view.sql", $"create view {name} as select * from a");

    /// <summary>A ledger with one incarnation, and a schema that would change it.</summary>
    private async Task<(LedgerSchema Schema, LedgerSchema Newer)> WithIncarnationAsync(int beatBefore)
    {
        var migrations = LedgerSchema.Embedded().Migrations;
        var schema = new LedgerSchema(migrations, One);
        await MakeAsync(schema);
        await ExecuteAsync(
            $"""
            insert into incarnations (node, store, host, boot_id, durability)
            values (gen_random_uuid(), gen_random_uuid(), 'host', 'boot', 'committed');
            insert into heartbeats (incarnation, beat_at) select id, now() - interval '{beatBefore} seconds' from incarnations;
            """);
        return (schema, new LedgerSchema(migrations, new FunctionSet(2, [Function("f", 2)])));
    }

    private Migrator Migrator(LedgerSchema schema, NpgsqlDataSource? source = null, bool development = false) =>
        new(source ?? _source, schema, NullLogger<Migrator>.Instance) { ReplacesEditedFunctions = development };

    private Task<bool> MakeAsync(LedgerSchema schema) => Migrator(schema).RunAsync(CancellationToken.None);

    private async Task<string> RefusedAsync(LedgerSchema schema) =>
        (await Assert.ThrowsAsync<StartRefusedException>(() => MakeAsync(schema))).Message;

    private Task<bool> RunAsync(params Migration[] migrations) => MakeAsync(new LedgerSchema(migrations, NoFunctions));

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

    /// <summary>Waits until another session waits at the expected point.</summary>
    private Task UntilAsync(string sql, long expected) => Eventually.HoldsAsync(async () =>
        await AskAsync(sql.Replace("where ", "where database = (select oid from pg_database where datname = current_database()) "
            + "and ", StringComparison.Ordinal)) == expected);
}
