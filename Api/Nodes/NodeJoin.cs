using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Api.Nodes;

/// <summary>Compares this node with those that run, before it begins an incarnation or makes a key.</summary>
internal sealed class NodeJoin(ClusterOptions options, INodeLedger ledger, NodeSettings settings, ConnectionOptions connections)
    : IStartStep
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
        foreach (var other in running)
        {
            if (other.Figures?.Folders?.FirstOrDefault(folder => connections.LocalFolders.Any(own => own.Name == folder.Name)) is { } twice)
                throw new StartRefusedException($"Connections:Folders names {twice.Name}, which is the name of a folder of the node "
                    + $"{other.Name}, too: choose another name, because a folder is on one machine.");
        }

        var here = settings.Digests();
        if (running.Select(other => NodeSettings.Difference(here, other)).FirstOrDefault(found => found is not null) is { } difference)
            throw new StartRefusedException(difference);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public static StartRefusedException Taken(string name) => new(
        $"Another data directory is the node {name} of this ledger: mount that one, or choose another name with Cluster:Node.");
}
