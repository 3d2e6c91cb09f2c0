using ChunkUpload.Infrastructure.Storage.Disk;
using Dapper;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Refuses a start while another service uses the ledger: each of the two would take the other's files for lost. One of several nodes is
/// refused beside a service that is alone, and beside one in a copy of its own data directory.
/// </summary>
internal sealed class SoleUseCheck(LedgerDatabase ledger, LedgerUse use, TimeProvider time, ILogger<SoleUseCheck> log)
{
    private const string Find = """
        select incarnation, host, store, beat_at as beatat, alone from running_elsewhere(@Node, @Ended)
        where @Alone or alone or node = @Node order by beat_at desc limit 1
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
            running => Refusal(running, data.Path),
            time, log, cancellationToken);

    private string Refusal(BeatingIncarnation running, string directory)
    {
        var uses = $"The service on host {running.Host} uses this ledger with its store {running.Store}";
        return (use.Alone, running.Alone) switch
        {
            (true, false) => $"{uses}, as one of several nodes, and Cluster:Node is not set here: set it, stop that one, or name another "
                + "database with ConnectionStrings:Ledger.",
            (false, true) => $"{uses}, and Cluster:Node is not set there: set it there and restart that one before this one joins.",
            (false, false) => $"{uses}, in a copy of the data directory {directory}: stop that one. A further node needs a data "
                + "directory of its own, which is empty at first.",
            _ => $"{uses}, and a ledger serves one service at a time: stop that one, or name another database with "
                + "ConnectionStrings:Ledger.",
        };
    }
}
