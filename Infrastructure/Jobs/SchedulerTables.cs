using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Has the scheduler's own tables made where they are missing, in a schema of their own: they belong to Quartz, which brings their
/// definition, and not to our numbered migrations. Part of the database's start, so that the verb migrate does it too.
/// </summary>
internal sealed class SchedulerTables(LedgerDatabase database, TimeProvider time, ILoggerFactory logs) : IStartStep
{
    // The last of them, so that a half-made set is completed.
    private const string AreMade = "select to_regclass('quartz.qrtz_job_status') is not null";
    private const string HasSchema = "select exists (select from pg_namespace where nspname = 'quartz')";
    private const string CreateSchema = "create schema quartz";

    private readonly ILogger _log = logs.CreateLogger<SchedulerTables>();

    public int Order => StartOrder.Database;

    public string Name => "scheduler tables";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition(AreMade, cancellationToken: cancellationToken)))
            return;
        var began = time.GetTimestamp();
        try
        {
            await MakeSchemaAsync(connection, cancellationToken);
            await using var scheduler = await QuartzScheduler.BuildAsync(
                database.ConnectionStringFor("jobs", QuartzScheduler.Schema, 2), "tables", [], new(), logs, time, cancellationToken);
            await scheduler.Scheduler.Shutdown(cancellationToken: cancellationToken);
        }
        catch (Exception exception) when (Refusal(exception) is { } refusal)
        {
            var user = connection.UserName;
            throw new StartRefusedException($"User {user} has not the right to make the scheduler's tables ({refusal.MessageText}): run CREATE SCHEMA {QuartzScheduler.Schema} AUTHORIZATION {user} in database {connection.Database}, or give what is there to that user.", exception);
        }

        JobsLog.TablesMade(_log, (long)time.GetElapsedTime(began).TotalMilliseconds);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task MakeSchemaAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Not IF NOT EXISTS: that asks for the right to make it also where an administrator has made it already.
        if (await connection.ExecuteScalarAsync<bool>(new CommandDefinition(HasSchema, cancellationToken: cancellationToken)))
            return;
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(CreateSchema, cancellationToken: cancellationToken));
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateSchema or PostgresErrorCodes.UniqueViolation)
        {
            // Another node was quicker.
        }
    }

    private static PostgresException? Refusal(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refusal)
                return refusal;
        }

        return null;
    }
}
