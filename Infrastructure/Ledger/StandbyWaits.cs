using ChunkUpload.Infrastructure.Database;
using Npgsql;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// Limits how long a statement waits for the standby. The limit of a statement itself is much longer, because some take long, so only the
/// wait of its commit is cut short: <see cref="CommitWatch"/> then treats the commit as one without an answer (E10).
/// </summary>
internal sealed class StandbyWaits(LedgerDatabase database, TimeProvider time)
{
    private const string Look = "select exists (select from pg_stat_activity where pid = $1 and wait_event = 'SyncRep')";

    // Where the wait has ended meanwhile, nothing is cancelled, or at worst a later statement of the connection, which is then repeated.
    private const string Cut = """
        select coalesce(bool_or(pg_cancel_backend(pid)), false) from pg_stat_activity where pid = $1 and wait_event = 'SyncRep'
        """;

    private const int LookSeconds = 2;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UntilFirstLook = TimeSpan.FromSeconds(ConfirmedReads.PatienceSeconds) - Between;

    private readonly Lock _lock = new();
    private Task<bool> _last = Task.FromResult(false);

    /// <summary>Waits for the statement. A wait for the standby that is seen twice, a second apart, is cut short.</summary>
    public async Task<T> LimitAsync<T>(Task<T> statement, int backend)
    {
        var waits = false;
        for (var pause = UntilFirstLook; !statement.IsCompleted; pause = Between)
        {
            using var stop = new CancellationTokenSource();
            if (await Task.WhenAny(statement, Task.Delay(pause, time, stop.Token)) == statement)
                await stop.CancelAsync();
            else
                waits = await AskInTurnAsync(waits ? Cut : Look, backend);
        }

        return await statement;
    }

    private Task<bool> AskInTurnAsync(string question, int backend)
    {
        lock (_lock)
            return _last = AskAsync(_last, question, backend);
    }

    private async Task<bool> AskAsync(Task before, string question, int backend)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            // A connection of its own: those of the pool may all be waiting for the standby.
            await using var connection = await Task.Run(database.OpenSingle);
            await using var command = new NpgsqlCommand(question, connection)
            {
                CommandTimeout = LookSeconds,
                Parameters = { new() { Value = backend } },
            };
            return await command.ExecuteScalarAsync() is true;
        }
        catch (Exception reason) when (LedgerErrors.IsTransient(reason) || reason is InvalidOperationException)
        {
            // The statement fails by itself where the server is gone, or the database is being closed.
            return false;
        }
    }
}
