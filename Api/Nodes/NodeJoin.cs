using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Api.Nodes;

/// <summary>Compares this node with those that run, before it begins an incarnation or makes a key.</summary>
internal sealed class NodeJoin(ClusterOptions options, INodeLedger ledger, NodeSettings settings) : IStartStep
{
    public int Order => StartOrder.Database + 10;

    public string Name => "node";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.IsAlone)
            return;
        var others = await ledger.OthersAsync(cancellationToken);
        if (others.FirstOrDefault(other => string.Equals(other.Name, options.Node, StringComparison.OrdinalIgnoreCase)) is { } named)
            throw Taken(named.Name);
        if (others.Where(other => other.IsRunning).ToList() is not { Count: > 0 } running)
            return;
        var here = settings.Digests();
        if (running.Select(other => NodeSettings.Difference(here, other)).FirstOrDefault(found => found is not null) is { } difference)
            throw new StartRefusedException(difference);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public static StartRefusedException Taken(string name) => new(
        $"Another data directory is the node {name} of this ledger: mount that one, or choose another name with Cluster:Node.");
}
