using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using Dapper;
using Hangfire.PostgreSql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Creates and updates Hangfire's tables in their own schema. Hangfire.PostgreSql contains their definition, so they are not part of the
/// numbered migrations; the verb migrate also runs this step.
/// </summary>
internal sealed class HangfireSchema(LedgerDatabase database, TimeProvider time, ILoggerFactory logs) : IStartStep
{
    public const string Name = "hangfire";

    private const string Lock = "select pg_advisory_xact_lock(@LockKey)";
    private const string HasVersion = "select to_regclass('hangfire.schema') is not null";
    private const string Version = "select coalesce(max(version), 0) from hangfire.schema";

    // The first script that Hangfire.PostgreSql ships.
    private const int FirstScript = 3;

    private readonly ILogger _log = logs.CreateLogger<HangfireSchema>();

    public int Order => StartOrder.Database;

    string IStartStep.Name => "job tables";

    /// <summary>The version that this Hangfire.PostgreSql creates: the number of its last script.</summary>
    internal static int Newest { get; } = FindNewest();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await VersionAsync(connection, cancellationToken) >= Newest)
            return;
        var began = time.GetTimestamp();
        try
        {
            // The migrator's lock: a second node waits here, then finds nothing to do. Each script commits with its number.
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var locked = new CommandDefinition(
                Lock, new { Migrator.LockKey }, transaction, commandTimeout: 0, cancellationToken: cancellationToken);
            await connection.ExecuteAsync(locked);
            if (await VersionAsync(connection, cancellationToken) < Newest)
                await InstallAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            var user = connection.UserName;
            throw new StartRefusedException(
                $"User {user} may not create the tables of the maintenance jobs ({refusal.MessageText}): run CREATE SCHEMA {Name} "
                + $"AUTHORIZATION {user} in database {connection.Database}, or make that user the owner of what the schema holds.",
                refusal);
        }

        SchedulerLog.TablesCreated(_log, (long)time.GetElapsedTime(began).TotalMilliseconds);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A separate connection, which is closed at the end, because the scripts change search_path and use their own transactions.
    private async Task InstallAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionSettings.OfSingle(database.ConnectionStringFor("jobs", Name, 1)));
        await connection.OpenAsync(cancellationToken);
        PostgreSqlObjectsInstaller.Install(connection, Name);
    }

    private static async Task<int> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<bool>(new CommandDefinition(HasVersion, cancellationToken: cancellationToken))
            ? await connection.ExecuteScalarAsync<int>(new CommandDefinition(Version, cancellationToken: cancellationToken))
            : 0;

    private static int FindNewest()
    {
        var scripts = typeof(PostgreSqlStorage).Assembly;
        var newest = FirstScript;
        while (scripts.GetManifestResourceInfo($"Hangfire.PostgreSql.Scripts.Install.v{newest + 1}.sql") is not null)
            newest++;
        return newest;
    }
}
