using System.Globalization;
using ChunkUpload.Infrastructure.Database;
using Npgsql;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// The connection on which one worker of the <see cref="RecordQueue"/> commits; the worker's thread blocks on it. The lock timeout is set
/// once, when it opens. It opens again after <see cref="Dispose"/>.
/// </summary>
internal sealed class RecordConnection(LedgerDatabase database, TimeSpan lockTimeout) : IDisposable
{
    private NpgsqlConnection? _connection;
    private CommitWatch? _watch;

    /// <summary>
    /// Like <see cref="CommitAsync"/>, but blocks the calling thread. After an exception the caller disposes this connection.
    /// </summary>
    public bool Commit(List<List<QueuedRecord>> calls)
    {
        _connection ??= Open();
        // With blocking: true, the task has completed when the call returns.
        var recorded = CommitAsync(_connection, calls, lockTimeout, SecondsOf(database), blocking: true, CancellationToken.None)
            .GetAwaiter().GetResult();
        _watch?.RequireConfirmed();
        return database.HasStandby ? recorded : throw new TimeoutException("The server has no synchronous standby.");
    }

    /// <summary>How long a batch waits for a standby; null if the service needs none.</summary>
    public static int? SecondsOf(LedgerDatabase database) => database.Use.NeedsStandby ? ConfirmedReads.PatienceSeconds : null;

    public void Dispose()
    {
        var connection = _connection;
        _connection = null;
        _watch?.Dispose();
        _watch = null;
        connection?.Dispose();
    }

    /// <summary>
    /// Commits the records of the calls in one transaction. False when a row could not be locked in time or could not be read; then nothing
    /// is recorded.
    /// </summary>
    /// <param name="lockTimeout">How long to wait for a row; null waits without a bound, when no other upload's record waits behind
    /// these.</param>
    /// <param name="seconds">How long the server may take; null: as long as for any statement.</param>
    /// <param name="blocking">Whether the connection is a recording thread's own. Its lock timeout is set already, and the call blocks and
    /// returns a completed task.</param>
    public static async Task<bool> CommitAsync(
        NpgsqlConnection connection, List<List<QueuedRecord>> calls, TimeSpan? lockTimeout, int? seconds, bool blocking,
        CancellationToken cancellationToken)
    {
        await using var commands = connection.CreateBatch();
        if (seconds is { } limit)
            commands.Timeout = limit;
        var toSet = blocking ? null : lockTimeout;
        if (toSet is { } timeout)
            commands.BatchCommands.Add(new NpgsqlBatchCommand(SetLockTimeout(timeout, local: true)));
        foreach (var call in calls)
            commands.BatchCommands.Add(call[0].Kind.Command(call));

        try
        {
            await using var reader = blocking ? commands.ExecuteReader() : await commands.ExecuteReaderAsync(cancellationToken);
            if (toSet is not null)
                await NextAsync();
            foreach (var call in calls)
            {
                foreach (var record in call)
                {
                    _ = await RowAsync();
                    record.Read(reader);
                }

                // After the last result, this waits for the commit and throws if it failed.
                await NextAsync();
            }

            ValueTask<bool> RowAsync() => blocking ? ValueTask.FromResult(reader.Read()) : new(reader.ReadAsync(cancellationToken));
            ValueTask<bool> NextAsync() =>
                blocking ? ValueTask.FromResult(reader.NextResult()) : new(reader.NextResultAsync(cancellationToken));
        }
        catch (PostgresException answer) when (
            lockTimeout is not null && answer.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.IoError)
        {
            return false;
        }

        return true;
    }

    private NpgsqlConnection Open()
    {
        var connection = database.OpenSingle();
        try
        {
            using var command = new NpgsqlCommand(SetLockTimeout(lockTimeout, local: false), connection);
            _ = command.ExecuteNonQuery();
            _watch = CommitWatch.Of(connection, database);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string SetLockTimeout(TimeSpan timeout, bool local) =>
        string.Create(CultureInfo.InvariantCulture, $"select set_config('lock_timeout', '{(long)timeout.TotalMilliseconds}ms', {local})");
}
