using ChunkUpload.Infrastructure.Database;
using Npgsql;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// Waits until a standby has everything that a read has seen. A read may see a commit whose wait for the standby was cut short. So what was
/// read counts only once a commit that was begun afterwards, on the same server, is confirmed. Reads that wait share such a commit.
/// </summary>
internal sealed class ConfirmedReads(LedgerDatabase database)
{
    /// <summary>The time after which a commit that waits for the standby fails, because the ledger counts as unavailable.</summary>
    public const int PatienceSeconds = 5;

    // A small record in the log of the server, and no row: nothing waits for a lock, and no table grows.
    private const string Commit = "select pg_logical_emit_message(true, 'chunkupload', ''::text)";

    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private Task<string>? _next;

    /// <summary>Returns once the read is confirmed.</summary>
    /// <param name="timeline">Where it was read, as in <see cref="ConnectionSettings.TimelineOf"/>.</param>
    /// <exception cref="TimeoutException">It was not confirmed: it must be read again.</exception>
    public async Task RequireAsync(string timeline, CancellationToken cancellationToken)
    {
        Task<string> commit;
        lock (_lock)
        {
            // The one that is under way may have begun before the read.
            var running = _running;
            commit = _next ??= Task.Run(() => CommitAfterAsync(running), CancellationToken.None);
        }

        if (await commit.WaitAsync(cancellationToken) != timeline)
            throw new TimeoutException("The ledger's server was replaced meanwhile.");
    }

    private async Task<string> CommitAfterAsync(Task running)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
            (_running, _next) = (_next!, null);
        return await CommitAsync();
    }

    private async Task<string> CommitAsync()
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        using var watch = CommitWatch.Of(connection, database);
        await using (var commit = new NpgsqlCommand(Commit, connection) { CommandTimeout = PatienceSeconds })
            _ = await commit.ExecuteScalarAsync(CancellationToken.None);
        watch?.RequireConfirmed();

        // Asked afterwards: where the operator turns the standby off, commits that wait for it go on.
        await using var ask = new NpgsqlCommand(StandbyCheck.IsSet, connection);
        database.HasStandby = await ask.ExecuteScalarAsync(CancellationToken.None) is true;
        return database.HasStandby
            ? ConnectionSettings.TimelineOf(connection)
            : throw new TimeoutException("The server has no synchronous standby (synchronous_standby_names is empty).");
    }
}
