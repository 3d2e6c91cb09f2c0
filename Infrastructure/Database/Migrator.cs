using ChunkUpload.Core.Hosting;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Brings the ledger's schema to this version's: each migration once, forward only, in a transaction of its own with the row that
/// remembers it, so that a kill at any statement leaves either all of it or nothing.
/// </summary>
internal sealed class Migrator(NpgsqlDataSource source, IReadOnlyList<Migration> migrations, ILogger<Migrator> log)
{
    /// <summary>"chunkup" in ASCII. The session holds it, so it ends with the connection.</summary>
    public const long LockKey = 0x63_68_75_6e_6b_75_70;

    private const string Lock = "select pg_advisory_lock(@LockKey)";
    private const string Unlock = "select pg_advisory_unlock(@LockKey)";
    private const string HasSchema = "select exists (select from pg_namespace where nspname = 'chunkupload')";
    private const string CreateSchema = "create schema chunkupload";

    private const string CreateTable = """
        create table if not exists chunkupload.migrations (
            number integer primary key,
            name text not null,
            checksum bytea not null,
            applied_at timestamptz not null default now())
        """;

    private const string Applied = "select number, name, checksum from chunkupload.migrations order by number";
    private const string Remember = "insert into chunkupload.migrations (number, name, checksum) values (@Number, @Name, @Checksum)";

    private sealed record Row(int Number, string Name, byte[] Checksum);

    /// <summary>1. Lock; a second node waits here, then finds nothing to do. 2. Schema and table. 3. Compare. 4. Apply what is missing.</summary>
    /// <returns>How many were applied.</returns>
    /// <exception cref="StartRefusedException">The ledger is of another version, was changed by hand, or may not be changed.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            // 1
            await connection.ExecuteAsync(new CommandDefinition(Lock, new { LockKey }, commandTimeout: 0, cancellationToken: cancellationToken));

            // 2
            if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition(HasSchema, cancellationToken: cancellationToken)))
                await connection.ExecuteAsync(new CommandDefinition(CreateSchema, cancellationToken: cancellationToken));
            await connection.ExecuteAsync(new CommandDefinition(CreateTable, cancellationToken: cancellationToken));

            // 3
            var applied = (await connection.QueryAsync<Row>(new CommandDefinition(Applied, cancellationToken: cancellationToken))).AsList();
            Compare(applied);

            // 4
            foreach (var migration in migrations.Skip(applied.Count))
                await ApplyAsync(connection, migration, cancellationToken);

            await connection.ExecuteAsync(new CommandDefinition(Unlock, new { LockKey }, cancellationToken: cancellationToken));
            return migrations.Count - applied.Count;
        }
        catch (PostgresException reason) when (reason.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            var user = connection.UserName;
            throw new StartRefusedException($"User {user} has not the right to make the ledger's schema ({reason.MessageText}): run CREATE SCHEMA {LedgerDatabase.Schema} AUTHORIZATION {user} in database {connection.Database}, or give what is there to that user.", reason);
        }
    }

    private void Compare(List<Row> applied)
    {
        for (var index = 0; index < applied.Count; index++)
        {
            var row = applied[index];
            if (row.Number > migrations.Count)
                throw new StartRefusedException($"The ledger was made by a newer version of ChunkUpload (it has migration {row.Number:0000} {row.Name}, and this version ends with {migrations.Count:0000}): start that version or a newer one.");
            if (row.Number != index + 1)
                throw new StartRefusedException($"The ledger lacks migration {index + 1:0000} but has {row.Number:0000} {row.Name}: bring the ledger back from a backup.");
            if (!row.Checksum.AsSpan().SequenceEqual(migrations[index].Checksum))
                throw new StartRefusedException($"The migration {migrations[index].FileName} is not the one that was applied to this ledger: undo the edit and put the change into a new migration.");
        }
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(migration.Sql, transaction: transaction, commandTimeout: 0, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition(Remember, migration, transaction, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        log.MigrationApplied(migration.Number, migration.Name, (long)TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
    }
}
