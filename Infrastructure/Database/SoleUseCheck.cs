using ChunkUpload.Infrastructure.Storage.Disk;
using Dapper;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Refuses a start while another service uses the ledger: each of the two would take the other's files for lost. A service that is not
/// alone is refused only beside one in a copy of its own data directory.
/// </summary>
internal sealed class SoleUseCheck(LedgerDatabase ledger, LedgerUse use, TimeProvider time, ILogger<SoleUseCheck> log)
{
    private const string Find = """
        select incarnation, host, store, beat_at as beatat from running_elsewhere(@Node, @Ended)
        where @Alone or node = @Node order by beat_at desc limit 1
        """;

    /// <param name="data">The data directory that this process has locked, so that its earlier services have ended.</param>
    /// <exception cref="Core.Hosting.StartRefusedException">The other service runs.</exception>
    public Task RequireAsync(DataDirectory data, CancellationToken cancellationToken) =>
        BeatingIncarnation.RequireNoneAsync(
            async () =>
            {
                await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
                return await connection.QuerySingleOrDefaultAsync<BeatingIncarnation>(
                    new CommandDefinition(Find, new { Node = data.NodeId, data.Ended, use.Alone }, cancellationToken: cancellationToken));
            },
            running => $"The service on host {running.Host} uses this ledger with its store {running.Store}, and a ledger serves one "
                + "service at a time: stop that one, or name another database with ConnectionStrings:Ledger.",
            time, log, cancellationToken);
}
