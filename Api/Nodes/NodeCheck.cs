using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Api.Nodes;

/// <summary>Refuses a node whose settings do not allow several nodes, before anything is opened.</summary>
internal sealed class NodeCheck(ClusterOptions options, NodeSettings settings, StorageOptions storage) : IStartStep
{
    public int Order => StartOrder.DataDirectory - 1;

    public string Name => "settings of a node";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Standby == StandbyUse.Required && settings.HasPrivateCluster)
            throw new StartRefusedException("Cluster:Standby is Required, and the private cluster has none: name a database of a "
                + "server that has one with ConnectionStrings:Ledger.");
        if (options.IsAlone)
            return Task.CompletedTask;
        if (settings.HasPrivateCluster)
            throw new StartRefusedException("Cluster:Node is set, and several nodes need one PostgreSQL server that all of them reach: "
                + "name its database with ConnectionStrings:Ledger.");
        if (storage.Durability != Durability.Committed)
            throw new StartRefusedException("Cluster:Node is set, and no node can flush the disk of another one at the end of an upload: "
                + "set Storage:Durability to Committed.");
        if (settings.HasFolders && options.Roles == NodeRoles.Clients)
            throw new StartRefusedException("Cluster:Roles is Clients, and only a node that takes work can reach the folders of its "
                + "machine: remove Connections:Folders, or set Cluster:Roles to All or Work.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
