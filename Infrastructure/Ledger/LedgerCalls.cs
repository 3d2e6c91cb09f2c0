using ChunkUpload.Infrastructure.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>
/// Runs statements, and repeats them for a few seconds while the database is unavailable or busy, or after a lost reply to a commit. Every
/// statement of the ledger may be repeated (E10). If the service needs a standby, each answer counts once a standby has what it says.
/// </summary>
internal sealed class LedgerCalls(LedgerDatabase database, TimeProvider time, ILogger<LedgerCalls> log)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    internal static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // Null if the service needs no standby.
    private readonly ConfirmedReads? _reads = database.Use.NeedsStandby ? new ConfirmedReads(database) : null;
    private readonly StandbyWaits _waits = new(database, time);
    private readonly TenantShares _shares = new(database.Options, time);

    public Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> statement, CancellationToken cancellationToken) =>
        RunAsync((connection, _, token) => statement(connection, token), cancellationToken);

    /// <param name="statement">Its second argument is true if an earlier try may have committed.</param>
    public async Task<T> RunAsync<T>(
        Func<NpgsqlConnection, bool, CancellationToken, Task<T>> statement, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var sent = false;
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await OnceAsync(
                    (connection, token) => statement(connection, Interlocked.Exchange(ref sent, true), token), cancellationToken);
            }
            catch (LedgerUnavailableException reason) when (
                reason.InnerException is { } cause and not ObjectDisposedException && time.GetElapsedTime(began) + pause < Patience)
            {
                log.CallRepeated(cause.Message, (long)pause.TotalMilliseconds);
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>Runs a statement that must not be repeated, or is not worth waiting for.</summary>
    public async Task<T> OnceAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> statement, CancellationToken cancellationToken)
    {
        try
        {
            using var share = await _shares.TakeAsync(cancellationToken);
            if (_reads is null)
            {
                await using var connection = await OpenAsync(cancellationToken);
                return await _shares.LimitAsync(token => statement(connection, token), cancellationToken);
            }

            var (answer, timeline) = await WatchedAsync(statement, cancellationToken);
            await _reads.RequireAsync(timeline, cancellationToken);
            return answer;
        }
        catch (Exception reason) when (LedgerErrors.IsTransient(reason))
        {
            throw Unavailable(reason, cancellationToken);
        }
        catch (ObjectDisposedException reason)
        {
            throw new LedgerUnavailableException("The ledger's database is closed.", reason);
        }
    }

    // Returns the connection to the pool before the answer is confirmed, which needs one, too.
    private async Task<(T Answer, string Timeline)> WatchedAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> statement, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        // Asked first: a connection that the statement has broken has neither.
        var (backend, timeline) = (connection.ProcessID, ConnectionSettings.TimelineOf(connection));
        using var watch = CommitWatch.Of(connection, database);
        var answer = await _waits.LimitAsync(
            _shares.LimitAsync(token => statement(connection, token), cancellationToken), backend);
        watch?.RequireConfirmed();
        return (answer, timeline);
    }

    private async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await database.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception reason) when (reason is not InvalidOperationException and not OperationCanceledException)
        {
            // The connection failed, not the statement: for example, the password or the database is being replaced.
            throw Unavailable(reason, cancellationToken);
        }
    }

    private LedgerUnavailableException Unavailable(Exception reason, CancellationToken cancellationToken)
    {
        // Npgsql wraps a cancelled wait for a connection.
        cancellationToken.ThrowIfCancellationRequested();
        // Otherwise every try would get the next dead connection of the pool.
        if (LedgerErrors.IsBroken(reason))
            database.DataSource.Clear();
        return new LedgerUnavailableException("The ledger's database does not answer: " + reason.Message, reason);
    }
}
