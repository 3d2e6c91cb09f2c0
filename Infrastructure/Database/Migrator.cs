using ChunkUpload.Core.Hosting;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Upgrades the ledger's schema to this version. Everything happens in one transaction, so that a kill at any statement leaves the old
/// schema or the new one, and never a mixture.
/// </summary>
/// <remarks>
/// Tables change by numbered files, each applied once. Functions change by editing their files: all of them are dropped and created again,
/// in a PostgreSQL schema of their own that is never dropped, as the service may have no right to create one.
/// </remarks>
internal sealed class Migrator(NpgsqlDataSource source, LedgerSchema schema, ILogger<Migrator> log)
{
    /// <summary>"chunkup" in ASCII.</summary>
    public const long LockKey = 0x63_68_75_6e_6b_75_70;

    /// <summary>An incarnation that beat within this time counts as running. Incarnations beat once a second.</summary>
    public const int BeatSeconds = 15;

    private const string Lock = "select pg_advisory_xact_lock(@LockKey)";
    private const string HasSchema = "select exists (select from pg_namespace where nspname = @schema)";
    private const string RememberMigration =
        "insert into chunkupload.migrations (number, name, checksum) values (@Number, @Name, @Checksum)";

    private const string RememberFunctions = """
        insert into chunkupload.function_set (number, checksum) values (@Number, @Checksum)
        on conflict (only_one) do update set number = excluded.number, checksum = excluded.checksum, replaced_at = now()
        """;

    // Uses the database's current time and not the transaction's start, because the transaction may have waited for the lock.
    private const string FindRunning = """
        select i.id as incarnation, i.host, coalesce(s.name, i.store::text) as store, h.beat_at as beatat, true as alone
        from chunkupload.incarnations i
        join chunkupload.heartbeats h on h.incarnation = i.id
        left join chunkupload.stores s on s.id = i.store
        where i.fenced_at is null and i.ended_at is null and (i.store is distinct from @LockedStore or i.id > @Ended)
          and abs(extract(epoch from clock_timestamp() - h.beat_at)) < @BeatSeconds
        order by h.beat_at desc limit 1
        """;

    // A silent incarnation may be merely suspended, for example with its machine. It must not record by the old rules once the schema has
    // changed.
    private const string FenceSilent = "update chunkupload.incarnations set fenced_at = now() where fenced_at is null";

    // One statement for all functions, as some may use others. Views and types go last: functions use their rows. Nothing cascades: a table
    // that depended on a function would lose an index or a default unnoticed. The dependent objects are named in the error's detail, which
    // the driver withholds, so the detail becomes the message.
    private const string DropFunctions = """
        do $$
        declare
            v_routines text;
            v_views    text;
            v_types    text;
            v_users    text;
        begin
            select string_agg(p.oid::regprocedure::text, ', ') into v_routines
            from pg_proc p
            where p.pronamespace = 'chunkupload_functions'::regnamespace
              and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e');
            select string_agg(c.oid::regclass::text, ', ') into v_views
            from pg_class c where c.relnamespace = 'chunkupload_functions'::regnamespace and c.relkind = 'v';
            select string_agg(c.oid::regclass::text, ', ') into v_types
            from pg_class c where c.relnamespace = 'chunkupload_functions'::regnamespace and c.relkind = 'c';
            if v_routines is not null then execute 'drop routine ' || v_routines; end if;
            if v_views is not null then execute 'drop view ' || v_views; end if;
            if v_types is not null then execute 'drop type ' || v_types; end if;
        exception when dependent_objects_still_exist then
            get stacked diagnostics v_users = pg_exception_detail;
            raise exception '%', v_users using errcode = 'dependent_objects_still_exist';
        end $$
        """;

    // What CREATE FUNCTION would check: the syntax of all bodies; of those in SQL also the tables, columns and functions that they name.
    private const string CheckFunctions = """
        do $$
        declare
            f record;
        begin
            for f in
                select p.oid, p.oid::regprocedure as name, l.lanname = 'sql' as is_sql
                from pg_proc p join pg_language l on l.oid = p.prolang
                where p.pronamespace = 'chunkupload_functions'::regnamespace and l.lanname in ('sql', 'plpgsql')
            loop
                begin
                    if f.is_sql then
                        perform fmgr_sql_validator(f.oid);
                    else
                        perform plpgsql_validator(f.oid);
                    end if;
                exception when others then
                    raise exception '%: %', f.name, sqlerrm using errcode = sqlstate;
                end;
            end loop;
        end $$
        """;

    /// <summary>The store whose data directory this process has locked.</summary>
    public Guid? LockedStore { get; init; }

    /// <summary>The incarnations of that store up to this one have ended.</summary>
    public long Ended { get; init; } = long.MaxValue;

    /// <summary>
    /// Gets a value that indicates whether functions with this version's number but different content are replaced, as in Development.
    /// </summary>
    public bool ReplacesEditedFunctions { get; init; }

    /// <summary>
    /// 1. Lock. A second process waits here and then finds nothing to do. 2. Compare. 3. Fence silent incarnations. 4. Drop the functions.
    /// 5. Apply the missing migrations. 6. Create the functions.
    /// </summary>
    /// <returns>Whether anything was changed.</returns>
    /// <exception cref="StartRefusedException">The ledger has another version, is in use, or may not be changed.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await RunAsync(Lock, new { LockKey });
            var applied = await AppliedSchema.ReadAsync(connection, cancellationToken);
            Require(applied);
            if (applied.Migrations.Count == schema.Migrations.Count && HasFunctions(applied))
                return false;
            await FenceSilentAsync(connection, applied, cancellationToken);

            await RequireSchemasAsync(connection, cancellationToken);
            await RunAsync(AppliedSchema.CreateTables);
            await RunAsync(DropFunctions);
            await RunAsync($"set local search_path = {LedgerDatabase.Schema}");
            foreach (var migration in schema.Migrations.Skip(applied.Migrations.Count))
            {
                await RunAsync(migration.Sql);
                await RunAsync(RememberMigration, migration);
            }

            // A function may call another that is created later: the server checks their bodies when all are there.
            await RunAsync($"set local search_path = {LedgerDatabase.FunctionsSchema}, {LedgerDatabase.Schema}");
            await RunAsync("set local check_function_bodies = off");
            foreach (var file in schema.Functions.Files)
                await RunAsync(file.Sql);
            await RunAsync("set local check_function_bodies = on");
            await RunAsync(CheckFunctions);
            await RunAsync(RememberFunctions, schema.Functions);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException reason) when (reason.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Forbidden(connection, reason);
        }
        catch (PostgresException reason) when (reason.SqlState == PostgresErrorCodes.DependentObjectsStillExist)
        {
            throw new StartRefusedException(
                "The ledger's functions and tables must change, and objects of others in the database depend on them "
                + $"({reason.MessageText.ReplaceLineEndings("; ")}): drop those objects, start again, then create them again.", reason);
        }

        var elapsed = (long)TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
        log.SchemaChanged(schema.Migrations.Count, schema.Functions.Number, elapsed);
        return true;

        Task RunAsync(string sql, object? parameters = null) =>
            connection.ExecuteAsync(new CommandDefinition(sql, parameters, commandTimeout: 0, cancellationToken: cancellationToken));
    }

    private bool HasFunctions(AppliedSchema applied) =>
        applied.Functions is { } functions && functions.Number == schema.Functions.Number
        && functions.Checksum.AsSpan().SequenceEqual(schema.Functions.Checksum);

    private void Require(AppliedSchema applied)
    {
        if (applied.IsBeforeRewrite)
        {
            throw new StartRefusedException(
                "This ledger was made by a version of ChunkUpload whose schema cannot be upgraded: "
                + "keep running that version, or start this one with an empty database and an empty data directory.");
        }

        for (var index = 0; index < applied.Migrations.Count; index++)
        {
            var row = applied.Migrations[index];
            if (row.Number > schema.Migrations.Count)
                throw Newer($"migration {row.Number:0000} {row.Name}, and this version ends with {schema.Migrations.Count:0000}");
            if (row.Number != index + 1)
            {
                throw new StartRefusedException(
                    $"The ledger lacks migration {index + 1:0000} but has {row.Number:0000} {row.Name}: restore the ledger from a backup.");
            }
            if (!row.Checksum.AsSpan().SequenceEqual(schema.Migrations[index].Checksum))
            {
                throw new StartRefusedException(
                    $"The migration {schema.Migrations[index].FileName} is not the one that was applied to this ledger: "
                    + "undo the edit and put the change into a new migration.");
            }
        }

        if (applied.Functions is not { } functions)
            return;
        if (functions.Number > schema.Functions.Number)
            throw Newer($"functions of number {functions.Number}, and this version has {schema.Functions.Number}");
        if (functions.Number == schema.Functions.Number && !HasFunctions(applied) && !ReplacesEditedFunctions)
        {
            throw new StartRefusedException(
                $"The ledger's functions have the number of this version, {functions.Number}, but different content: "
                + "start the version that created them, or raise the number in db/functions/version after an edit.");
        }
    }

    private static StartRefusedException Newer(FormattableString what) =>
        new($"The ledger was made by a newer version of ChunkUpload (it has {FormattableString.Invariant(what)}): start that version or "
            + $"a newer one.");

    /// <summary>Fences all incarnations, unless one of them runs.</summary>
    private async Task FenceSilentAsync(NpgsqlConnection connection, AppliedSchema applied, CancellationToken cancellationToken)
    {
        if (applied.Migrations.Count == 0)
            return;
        var command = new CommandDefinition(FindRunning, new { LockedStore, Ended, BeatSeconds }, cancellationToken: cancellationToken);
        await BeatingIncarnation.RequireNoneAsync(
            () => connection.QuerySingleOrDefaultAsync<BeatingIncarnation>(command),
            running => $"The ledger's schema must change, and the service on host {running.Host} (incarnation {running.Incarnation}, store "
                + $"{running.Store}) is using it: stop that service, then try again.",
            TimeProvider.System, log, cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(FenceSilent, commandTimeout: 0, cancellationToken: cancellationToken));
    }

    /// <summary>
    /// Creates missing schemas. CREATE SCHEMA IF NOT EXISTS needs the right to create one even if an administrator has created it, so look
    /// first.
    /// </summary>
    private static async Task RequireSchemasAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var schema in new[] { LedgerDatabase.Schema, LedgerDatabase.FunctionsSchema })
        {
            var command = new CommandDefinition(HasSchema, new { schema }, cancellationToken: cancellationToken);
            if (!await connection.ExecuteScalarAsync<bool>(command))
                await connection.ExecuteAsync(new CommandDefinition($"create schema {schema}", cancellationToken: cancellationToken));
        }
    }

    private static StartRefusedException Forbidden(NpgsqlConnection connection, PostgresException reason)
    {
        var user = connection.UserName;
        return new StartRefusedException(
            $"User {user} may not create the ledger's schema ({reason.MessageText}): "
            + $"run CREATE SCHEMA {LedgerDatabase.Schema} AUTHORIZATION {user} "
            + $"and CREATE SCHEMA {LedgerDatabase.FunctionsSchema} AUTHORIZATION {user} in database {connection.Database}, or make "
                + $"that user the owner of what is there.",
            reason);
    }
}
