using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Three nodes behind a load balancer, which sends each request to the next one. Nodes are killed, frozen until the others take them for
/// gone, stopped, drained, and cut from PostgreSQL and from each other.
/// </summary>
internal sealed class NodesTest(string balancer) : IFaultTest
{
    private const int LeastAcks = 20;

    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(3);

    // A node is gone after 15 seconds without a beat.
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(18);

    public string Name => $"nodes-{balancer}";

    public string Number => "T25";

    public string Question => $"Do several nodes behind {balancer} lose, mix or repeat anything when they fail?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var faults = run.Count(ci: 14, soak: 700);
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var nodes = new List<LabNode>();
        foreach (var name in Names)
            nodes.Add(await LabNode.StartAsync(run, name, cluster, nodes.FirstOrDefault(), cancellationToken));
        var front = await Balancer.StartAsync(run, balancer, [.. nodes.Select(node => node.Service)], cancellationToken);
        var witness = new WitnessHandle(run, nodes[0].Service, clients: 12, balancer: front.Address);
        await witness.LoadAsync(cancellationToken);
        for (var fault = 0; fault < faults; fault++)
        {
            await witness.AckedAsync(LeastAcks, cancellationToken);
            var node = nodes[run.Random.Next(nodes.Count)];
            switch (fault % 7)
            {
                case 0:
                    await node.Service.KillAsync();
                    await AwayAsync(Away * run.Random.NextDouble());
                    await node.Service.StartAsync(cancellationToken);
                    break;
                case 1:
                    Processes.Signal(node.Service.ProcessId, Processes.Stop);
                    await AwayAsync(fault % 2 == 0 ? Away : Frozen);
                    Processes.Signal(node.Service.ProcessId, Processes.Continue);
                    break;
                case 2:
                    run.Check(await node.Service.StopAsync() == 0, $"the node {node.Name} did not stop in good order");
                    await node.Service.StartAsync(cancellationToken);
                    break;
                case 3:
                    node.Database.IsCut = true;
                    await AwayAsync(Away);
                    node.Database.IsCut = false;
                    break;
                case 4:
                    foreach (var one in nodes)
                        one.Link.IsCut = true;
                    await AwayAsync(Away);
                    foreach (var one in nodes)
                        one.Link.IsCut = false;
                    break;
                case 5:
                    await DrainAsync(node, drains: true, cancellationToken);
                    await AwayAsync(Away);
                    await DrainAsync(node, drains: false, cancellationToken);
                    break;
                default:
                    var other = nodes[(nodes.IndexOf(node) + 1) % nodes.Count];
                    await Task.WhenAll(node.Service.KillAsync(), other.Service.KillAsync());
                    await AwayAsync(Away * run.Random.NextDouble());
                    await Task.WhenAll(node.Service.StartAsync(cancellationToken), other.Service.StartAsync(cancellationToken));
                    break;
            }

            run.Injected++;
            if (run.Injected % 50 == 0)
                run.Tell($"{run.Injected} faults, {witness.Acks} acknowledgements");
        }

        await witness.FinishAsync(cancellationToken);
        run.Floor("acknowledgements", witness.Acks, LeastAcks * faults);
        foreach (var node in nodes)
            await node.Service.FsckAsync(cancellationToken);
        foreach (var node in nodes)
            run.Check(await node.Service.StopAsync() == 0, $"the node {node.Name} did not stop in good order");
        run.Figures.Add($"{witness.Uploads} uploads compared");
        run.Figures.Add($"longest start {nodes.Max(node => node.Service.LongestStart).TotalSeconds:0.0} s");

        Task AwayAsync(TimeSpan duration) => Task.Delay(duration, TimeProvider.System, cancellationToken);
    }

    private static async Task DrainAsync(LabNode node, bool drains, CancellationToken cancellationToken)
    {
        using var wire = new WitnessClient(node.Service.Address, node.Service.Key);
        var path = $"/api/nodes/{node.Name}/{(drains ? "drain" : "resume")}";
        var answer = await wire.AskAsync(HttpMethod.Post, path, null, cancellationToken);
        if (answer is not { Status: 200 or 204 })
            throw new LabException($"POST {path} was answered with {answer}.");
    }
}
