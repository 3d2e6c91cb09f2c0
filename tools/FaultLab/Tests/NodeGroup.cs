using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>Three nodes behind a load balancer, which sends each request to the next one, with their witness and their faults.</summary>
internal sealed class NodeGroup(
    LabRun run, IReadOnlyList<LabNode> nodes, IReadOnlyList<WitnessHandle> witnesses, CancellationToken cancellationToken)
{
    public static readonly TimeSpan Away = TimeSpan.FromSeconds(3);

    // Streams of several objects in a bucket.
    private const int LargestFile = 20 << 20;
    private const int LeastAcks = 20;

    private static readonly string[] Names = ["a", "b", "c"];

    public WitnessHandle Witness => witnesses[0];

    public IReadOnlyList<LabNode> All => nodes;

    private LabNode Any => nodes[run.Random.Next(nodes.Count)];

    /// <summary>Starts the nodes and the load on them.</summary>
    /// <param name="balancer">nginx or haproxy.</param>
    /// <param name="servers">The PostgreSQL server, or a primary and its standby.</param>
    /// <param name="bucket">The bucket into which all nodes receive; null if they receive to their disks.</param>
    public static async Task<NodeGroup> StartAsync(
        LabRun run, string balancer, IReadOnlyList<OwnCluster> servers, LabBucket? bucket, CancellationToken cancellationToken)
    {
        var nodes = new List<LabNode>();
        foreach (var name in Names)
            nodes.Add(await LabNode.StartAsync(run, name, servers, bucket, nodes.FirstOrDefault(), cancellationToken));
        var front = await Balancer.StartAsync(run, balancer, [.. nodes.Select(node => node.Service)], cancellationToken);
        List<WitnessHandle> witnesses = [new(run, nodes[0].Service, clients: 12, balancer: front.Address)];
        if (bucket is not null)
        {
            witnesses.Add(new WitnessHandle(
                run, nodes[0].Service, clients: 1, mix: "tus,ietf,session", largest: LargestFile, balancer: front.Address));
        }

        foreach (var witness in witnesses)
            await witness.LoadAsync(cancellationToken);
        return new NodeGroup(run, nodes, witnesses, cancellationToken);
    }

    /// <summary>Injects faults of the given kinds in turn, each after further acknowledgements.</summary>
    public async Task RunAsync(int faults, params Func<Task>[] kinds)
    {
        for (var fault = 0; fault < faults; fault++)
        {
            await Witness.AckedAsync(LeastAcks, cancellationToken);
            await kinds[fault % kinds.Length]();
            run.Injected++;
            if (run.Injected % 50 == 0)
                run.Tell($"{run.Injected} faults, {Witness.Acks} acknowledgements");
        }
    }

    /// <summary>Kills some nodes at once.</summary>
    public async Task KillAsync(int count)
    {
        var first = run.Random.Next(nodes.Count);
        var killed = Enumerable.Range(first, count).Select(index => nodes[index % nodes.Count].Service).ToList();
        await Task.WhenAll(killed.Select(service => service.KillAsync()));
        await AwayAsync(Away * run.Random.NextDouble());
        await Task.WhenAll(killed.Select(service => service.StartAsync(cancellationToken)));
    }

    public async Task FreezeAsync(TimeSpan duration)
    {
        var frozen = Any.Service.ProcessId;
        Processes.Signal(frozen, Processes.Stop);
        await AwayAsync(duration);
        Processes.Signal(frozen, Processes.Continue);
    }

    public async Task StopAsync()
    {
        var node = Any;
        await StopAsync(node);
        await node.Service.StartAsync(cancellationToken);
    }

    public Task CutDatabaseAsync() => CutAsync(Any.Databases);

    public Task CutBucketAsync() => CutAsync([Any.Bucket!]);

    /// <summary>Cuts the nodes from each other.</summary>
    public Task CutNodesAsync() => CutAsync(nodes.Select(node => node.Link));

    public async Task DrainAsync()
    {
        var node = Any;
        await DrainAsync(node, "drain");
        await AwayAsync(Away);
        await DrainAsync(node, "resume");
    }

    public Task AwayAsync(TimeSpan duration) => Task.Delay(duration, TimeProvider.System, cancellationToken);

    /// <summary>
    /// Compares everything that was acknowledged, and each file at each node. Files in a bucket are also compared while a node is gone.
    /// </summary>
    public async Task FinishAsync()
    {
        foreach (var witness in witnesses)
            await witness.FinishAsync(cancellationToken);
        run.Floor("acknowledgements", Witness.Acks, LeastAcks * run.Injected);
        foreach (var node in nodes)
            await CompareAsync(node);
        if (nodes[0].Bucket is not null)
        {
            var gone = run.Random.Next(nodes.Count);
            await nodes[gone].Service.KillAsync();
            await CompareAsync(nodes[(gone + 1) % nodes.Count]);
            await nodes[gone].Service.StartAsync(cancellationToken);
        }

        await nodes[0].Service.RunJobAsync("sweep-orphans", cancellationToken);
        foreach (var node in nodes)
            await node.Service.FsckAsync(cancellationToken);
        foreach (var node in nodes)
            await StopAsync(node);
        run.Figures.Add($"{witnesses.Sum(witness => witness.Uploads)} uploads compared");
        run.Figures.Add($"longest start {nodes.Max(node => node.Service.LongestStart).TotalSeconds:0.0} s");
    }

    private async Task CompareAsync(LabNode node)
    {
        foreach (var witness in witnesses)
        {
            var uploads = JournalReader.AsOf(await File.ReadAllLinesAsync(witness.JournalFile, cancellationToken), long.MaxValue);
            await Comparison.RunAsync(run, node.Service, uploads.Where(upload => upload.Fate == Fate.Completed), cancellationToken);
        }
    }

    private async Task StopAsync(LabNode node) =>
        run.Check(await node.Service.StopAsync() == 0, $"the node {node.Name} did not stop in good order");

    private async Task CutAsync(IEnumerable<LinkProxy> links)
    {
        foreach (var link in links)
            link.IsCut = true;
        await AwayAsync(Away);
        foreach (var link in links)
            link.IsCut = false;
    }

    private async Task DrainAsync(LabNode node, string verb)
    {
        using var wire = new WitnessClient(node.Service.Address, node.Service.Key);
        var path = $"/api/nodes/{node.Name}/{verb}";
        var answer = await wire.AskAsync(HttpMethod.Post, path, null, cancellationToken);
        if (answer is not { Status: 200 or 204 })
            throw new LabException($"POST {path} was answered with {answer}.");
    }
}
