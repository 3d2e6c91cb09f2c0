using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// The names under which runs of jobs are recorded. A job that works on the store of one node has a separate run on each node, named by the
/// job, an at sign and the node.
/// </summary>
internal sealed class RunNames(ClusterOptions cluster, INodeLedger nodes)
{
    private const char At = '@';

    public static string JobOf(string run) => run.Split(At)[0];

    /// <summary>Returns whether every run of the job belongs to one node.</summary>
    public bool IsOfNode(IMaintenanceJob job) => !cluster.IsAlone && job.IsOfStore;

    /// <summary>Returns the name of the job's runs on this node.</summary>
    public string Here(IMaintenanceJob job) => IsOfNode(job) ? $"{job.Name}{At}{cluster.Node}" : job.Name;

    /// <summary>Returns the names of the job's runs on all nodes.</summary>
    public async Task<IReadOnlyList<string>> EverywhereAsync(IMaintenanceJob job, CancellationToken cancellationToken) => IsOfNode(job)
        ? [Here(job), .. (await nodes.OthersAsync(cancellationToken)).Select(node => $"{job.Name}{At}{node.Name}")]
        : [job.Name];
}
