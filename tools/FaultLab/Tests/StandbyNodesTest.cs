using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Three nodes behind nginx that need a synchronous standby. It is away, killed or frozen, and nothing may be acknowledged; the primary is
/// killed and the standby promoted, also after it was away; and nodes are killed. After each failover the lost server becomes the standby.
/// </summary>
internal sealed class StandbyNodesTest : IFaultTest
{
    // What was recorded before the standby left may be acknowledged afterwards: what follows the record waits for five seconds or more.
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(16);

    // A node cuts the wait of a commit for the standby after five to seven seconds; what it has written can be read from then on.
    private static readonly TimeSpan UntilCut = TimeSpan.FromSeconds(8);

    public string Name => "nodes-standby";

    public string Number => "T25";

    public string Question => "Do several nodes lose anything that was acknowledged when PostgreSQL or its standby fails?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        // The standby that returns needs what was written meanwhile.
        var primary = await OwnCluster.CreateAsync(
            run, run.Place("pg-1"), cancellationToken, settings: ["synchronous_standby_names=*", "wal_keep_size=512MB"]);
        var standby = await primary.AddStandbyAsync(run.Place("pg-2"), cancellationToken);
        var nodes = await NodeGroup.StartAsync(run, "nginx", [primary, standby], bucket: null, cancellationToken);
        var (isFrozen, failovers) = (false, 0);
        await nodes.RunAsync(
            run.Count(ci: 5, soak: 300), AwayAsync, () => FailOverAsync(wasAway: false), () => FailOverAsync(wasAway: true),
            () => nodes.KillAsync(1), nodes.CutDatabaseAsync);
        // Else files that no row names, as a killed node leaves them, would not be swept in the hour after a failover.
        _ = await primary.AskAsync("update chunkupload.ledger set timeline_since = null", cancellationToken);
        await nodes.FinishAsync();
        run.Figures.Add($"{failovers} failovers");

        async Task AwayAsync()
        {
            await LoseStandbyAsync();
            await nodes.AwayAsync(Settles);
            var (acks, refused) = await CountAsync();
            await nodes.AwayAsync(Away - Settles);
            var after = await CountAsync();
            run.Check(after.Acks == acks, $"{after.Acks - acks} acknowledgements came without a standby");
            run.Check(after.Refused > refused, "no request was refused without a standby");
            await ReturnAsync();
        }

        async Task FailOverAsync(bool wasAway)
        {
            if (wasAway)
            {
                await LoseStandbyAsync();
                await nodes.AwayAsync(UntilCut + (NodeGroup.Away * run.Random.NextDouble()));
            }

            await primary.KillAsync();
            if (wasAway)
                await ReturnAsync();
            await standby.PromoteAsync(cancellationToken);
            await primary.FollowAsync(standby, cancellationToken);
            (primary, standby) = (standby, primary);
            failovers++;
        }

        async Task LoseStandbyAsync()
        {
            isFrozen = run.Random.Next(2) == 0;
            if (isFrozen)
                standby.SignalAll(Processes.Stop);
            else
                await standby.KillAsync();
        }

        async Task ReturnAsync()
        {
            if (isFrozen)
                standby.SignalAll(Processes.Continue);
            else
                await standby.StartAsync(cancellationToken);
        }

        async Task<(long Acks, long Refused)> CountAsync()
        {
            await nodes.Witness.AckedAsync(0, cancellationToken);
            return (nodes.Witness.Acks, nodes.Witness.Answers
                .Where(answer => answer.Key.StartsWith("503 ", StringComparison.Ordinal)).Sum(answer => answer.Value!.GetValue<long>()));
        }
    }
}
