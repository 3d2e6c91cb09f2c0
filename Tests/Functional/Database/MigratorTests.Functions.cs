using ChunkUpload.Infrastructure.Database;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>Functions are replaced as a set, and never while a service uses the ledger.</summary>
public sealed partial class MigratorTests
{
    [Fact]
    public async Task Every_function_has_a_file_of_its_own()
    {
        await MakeAsync(LedgerSchema.Embedded());
        await using var connection = await _source.OpenConnectionAsync();

        var made = await connection.QueryAsync<string>(
            """
            select proname || '.sql' from pg_proc where pronamespace = 'chunkupload_functions'::regnamespace
            union all select viewname || '.view.sql' from pg_views where schemaname = 'chunkupload_functions'
            union all select relname || '.type.sql' from pg_class
                where relnamespace = 'chunkupload_functions'::regnamespace and relkind = 'c'
            """);

        Assert.Equal(LedgerSchema.Embedded().Functions.Files.Select(file => file.Name).Order(), made.Order());
    }

    [Theory]
    [InlineData("language sql as 'select missing from migrations'", "column \"missing\" does not exist")]
    [InlineData("language plpgsql as 'begin return 1 end'", "syntax error at end of input")]
    public async Task A_function_whose_body_is_wrong_is_not_installed(string body, string fault)
    {
        var wrong = new FunctionFile("wrong.sql", $"create function wrong() returns int {body}");

        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => MakeAsync(new LedgerSchema([First], new FunctionSet(1, [Function("f", 1), wrong]))));

        Assert.Equal($"wrong(): {fault}", refused.MessageText);
    }

    [Fact]
    public async Task Functions_of_a_lower_number_are_replaced()
    {
        await MakeAsync(new LedgerSchema([First], new FunctionSet(1, [Function("f", 1), Function("gone", 1)])));

        Assert.True(await MakeAsync(new LedgerSchema([First], new FunctionSet(2, [Function("f", 2), View("v")]))));

        Assert.Equal(2, await AskAsync("select f()"));
        Assert.Equal(1, await AskAsync("select count(*) from v"));
        Assert.Equal(0, await AskAsync("select count(*) from pg_proc where proname = 'gone'"));
        Assert.Equal(2, await AskAsync("select number from chunkupload.function_set"));
    }

    [Fact]
    public async Task Functions_of_a_higher_number_are_refused()
    {
        await MakeAsync(new LedgerSchema([First], new FunctionSet(2, [Function("f", 2)])));

        var refused = await RefusedAsync(new LedgerSchema([First], One));

        Assert.Contains(
            "newer version of ChunkUpload (it has functions of number 2, and this version has 1)", refused, StringComparison.Ordinal);
        Assert.Equal(2, await AskAsync("select f()"));
    }

    [Fact]
    public async Task Edited_functions_of_the_same_number_are_refused_and_replaced_in_development()
    {
        await MakeAsync(new LedgerSchema([First], One));
        var edited = new LedgerSchema([First], new FunctionSet(1, [Function("f", 3)]));

        Assert.Contains("db/functions/version", await RefusedAsync(edited), StringComparison.Ordinal);
        Assert.Equal(1, await AskAsync("select f()"));

        Assert.True(await Migrator(edited, development: true).RunAsync(CancellationToken.None));
        Assert.Equal(3, await AskAsync("select f()"));
    }

    [Fact]
    public async Task A_renamed_function_file_is_an_edit()
    {
        await MakeAsync(new LedgerSchema([First], One));

        await RefusedAsync(new LedgerSchema([First], new FunctionSet(1, [Function("f", 1) with { Name = "g.sql" }])));
    }

    [Fact]
    public async Task A_new_column_reaches_the_views_though_no_function_changed()
    {
        var functions = new FunctionSet(1, [View("v")]);
        await MakeAsync(new LedgerSchema([First], functions));

        await MakeAsync(new LedgerSchema(
            [First, new Migration(2, "column", "alter table a drop column n; alter table a add column m integer;")], functions));

        Assert.Equal(1, await AskAsync("select count(*) from v where m is null"));
    }

    [Fact]
    public async Task A_table_that_depends_on_a_function_stops_the_migration_and_loses_nothing()
    {
        await MakeAsync(new LedgerSchema([First], One));
        await ExecuteAsync("alter table a alter column n set default f()");

        var refused = await RefusedAsync(new LedgerSchema([First], new FunctionSet(2, [Function("f", 2)])));

        Assert.Contains("(default value for column n of table a depends on function f()): drop", refused, StringComparison.Ordinal);
        Assert.Equal(1, await AskAsync("select f()"));
        Assert.Equal(1, await AskAsync("select count(*) from pg_attrdef where adrelid = 'a'::regclass"));
    }

    [Fact]
    public async Task A_view_of_an_operator_on_what_is_ours_is_named()
    {
        await MakeAsync(new LedgerSchema([First], new FunctionSet(1, [View("v")])));
        await ExecuteAsync("create view public.report as select * from v; create view public.report2 as select * from v");

        var refused = await RefusedAsync(new LedgerSchema([First], new FunctionSet(2, [View("v")])));
        Assert.Contains(
            "(view public.report depends on view v; view public.report2 depends on view v): drop", refused, StringComparison.Ordinal);

        await ExecuteAsync("drop view public.report, public.report2");
        Assert.True(await MakeAsync(new LedgerSchema([First], new FunctionSet(2, [View("v")]))));
    }

    [Fact]
    public async Task No_table_of_the_embedded_schema_depends_on_a_function_of_ours()
    {
        await MakeAsync(LedgerSchema.Embedded());

        Assert.True(await MakeAsync(new LedgerSchema(LedgerSchema.Embedded().Migrations, new FunctionSet(int.MaxValue, []))));
    }

    [Fact]
    public async Task Refuses_to_change_anything_while_an_incarnation_beats()
    {
        var (schema, newer) = await WithIncarnationAsync(14);
        using var stop = new CancellationTokenSource();
        var beating = BeatAsync(stop.Token);

        Assert.False(await MakeAsync(schema));
        Assert.Contains("the service on host host (incarnation 1, ", await RefusedAsync(newer), StringComparison.Ordinal);
        Assert.Equal(1, await AskAsync("select f()"));

        await stop.CancelAsync();
        await beating;
    }

    [Theory]
    [InlineData(13)]
    [InlineData(16)]
    [InlineData(-16)]
    public async Task Fences_an_incarnation_that_has_been_silent_for_long_enough(int beatBefore)
    {
        var (_, newer) = await WithIncarnationAsync(beatBefore);

        // Its process may only be suspended, as on a sleeping machine.
        Assert.True(await MakeAsync(newer));
        Assert.Equal(0, await AskAsync("select count(*)::int from incarnations where fenced_at is null"));
    }

    private async Task BeatAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await ExecuteAsync("update heartbeats set beat_at = clock_timestamp()");
            await Task.WhenAny(Task.Delay(100, stop));
        }
    }

    [Theory]
    [InlineData("fenced_at")]
    [InlineData("ended_at")]
    public async Task An_incarnation_that_has_ended_does_not_beat(string column)
    {
        var (_, newer) = await WithIncarnationAsync(1);
        await ExecuteAsync($"update incarnations set {column} = now()");

        Assert.True(await MakeAsync(newer));
    }

    [Fact]
    public async Task An_incarnation_on_the_store_whose_lock_is_held_does_not_beat()
    {
        var (_, newer) = await WithIncarnationAsync(1);
        await using var connection = await _source.OpenConnectionAsync();
        var store = await connection.ExecuteScalarAsync<Guid>("select store from incarnations");

        var migrator = new Migrator(_source, newer, NullLogger<Migrator>.Instance) { LockedStore = store };

        Assert.True(await migrator.RunAsync(CancellationToken.None));
    }
}
