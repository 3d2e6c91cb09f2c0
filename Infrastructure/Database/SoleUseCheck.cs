using ChunkUpload.Core.Hosting;
using Dapper;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Refuses a start while the service of another store uses the ledger: each of the two would take the other's files for lost. A service of
/// the same store cannot run, because this process holds the lock of its data directory.
/// </summary>
internal sealed class SoleUseCheck(LedgerDatabase ledger, TimeProvider time, ILogger<SoleUseCheck> log)
{
    private const string Find =
        "select incarnation, host, store, beat_at as beatat from running_elsewhere(@Store) order by beat_at desc limit 1";

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private sealed record Running(long Incarnation, string Host, string Store, DateTime BeatAt);

    /// <summary>If another service was active a moment ago, waits once until it has been silent for long enough or beats again.</summary>
    /// <exception cref="StartRefusedException">The other service runs.</exception>
    public async Task RequireAsync(Guid store, CancellationToken cancellationToken)
    {
        if (await FindAsync(store, cancellationToken) is not { } first)
            return;
        log.OtherServiceAwaited(first.Host, first.Store, Migrator.BeatSeconds);
        while (await FindAsync(store, cancellationToken) is { } now)
        {
            if (now != first)
            {
                throw new StartRefusedException(
                    $"The service on host {now.Host} uses this ledger with its store {now.Store}, and a ledger serves one service at a "
                        + $"time: "
                    + "stop that one, or name another database with ConnectionStrings:Ledger.");
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private async Task<Running?> FindAsync(Guid store, CancellationToken cancellationToken)
    {
        await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Running>(
            new CommandDefinition(Find, new { Store = store }, cancellationToken: cancellationToken));
    }
}
