using ChunkUpload.Core.Hosting;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>Refuses a start that needs a synchronous standby of the ledger's server and finds none.</summary>
internal static class StandbyCheck
{
    public const string IsSet = "select current_setting('synchronous_standby_names') <> ''";

    // A user without the right to read statistics sees the rows of pg_stat_replication and none of their states.
    private const string States = "select coalesce(array_agg(coalesce(sync_state, '')), '{}') from pg_stat_replication";

    private const string Remedy = "set one up (docs/cluster.md), or set Cluster:Standby to Optional.";

    /// <exception cref="StartRefusedException">There is no synchronous standby, or the user may not see it.</exception>
    public static async Task RunAsync(LedgerDatabase ledger, CancellationToken cancellationToken)
    {
        if (!ledger.Use.NeedsStandby)
            return;
        await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
        var server = $"Cluster:Standby is Required, and the ledger's server {connection.Host}";
        await using var isSet = new NpgsqlCommand(IsSet, connection);
        if (await isSet.ExecuteScalarAsync(cancellationToken) is not true)
            throw new StartRefusedException($"{server} has no synchronous standby (synchronous_standby_names is empty): {Remedy}");

        await using var find = new NpgsqlCommand(States, connection);
        var states = (string[])(await find.ExecuteScalarAsync(cancellationToken))!;
        if (states.Any(state => state is "sync" or "quorum"))
            return;
        throw new StartRefusedException(states.Contains("")
            ? $"{server} does not say whether its standby is synchronous: grant it with GRANT pg_monitor TO {connection.UserName}."
            : $"{server} has no synchronous standby that is connected: start it, {Remedy}");
    }
}
