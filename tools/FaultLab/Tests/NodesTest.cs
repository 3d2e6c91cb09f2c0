using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Three nodes behind a load balancer. They are killed, frozen until the others take them for gone, stopped, drained, and cut from
/// PostgreSQL and from each other.
/// </summary>
internal sealed class NodesTest(string balancer) : IFaultTest
{
    // A node is gone after 15 seconds without a beat.
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(18);

    public string Name => $"nodes-{balancer}";

    public string Number => "T25";

    public string Question => $"Do several nodes behind {balancer} lose, mix or repeat anything when they fail?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var server = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var nodes = await NodeGroup.StartAsync(run, balancer, [server], bucket: null, cancellationToken);
        await nodes.RunAsync(
            run.Count(ci: 14, soak: 700), () => nodes.KillAsync(1),
            () => nodes.FreezeAsync(run.Injected % 2 == 0 ? NodeGroup.Away : Frozen), nodes.StopAsync, nodes.CutDatabaseAsync,
            nodes.CutNodesAsync, nodes.DrainAsync, () => nodes.KillAsync(2));
        await nodes.FinishAsync();
    }
}
