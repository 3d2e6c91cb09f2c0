using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Api.Nodes;

/// <summary>The nodes on the wire.</summary>
/// <param name="Alone">This service is alone on its ledger: the list has it only.</param>
/// <param name="Waits">Why all work waits and what ends that, a sentence; null: a node takes work.</param>
internal sealed record NodesView(bool Alone, string? Waits, IReadOnlyList<NodeView> Items);

/// <summary>A node on the wire.</summary>
/// <param name="Id">Of its data directory, as in volume.json.</param>
/// <param name="Address">Where other nodes ask it; null where the service is alone.</param>
/// <param name="Here">Whether it has answered this request.</param>
/// <param name="State">alive, draining, silent (without a beat for 15 seconds) or stopped.</param>
/// <param name="Roles">all, clients (it takes no work) or work (it serves no clients); null before its first report.</param>
/// <param name="Draining">Since when it takes no new work.</param>
/// <param name="Uploads">How many are being written to. This and the other figures are null while it is silent or stopped.</param>
/// <param name="BytesPerSecond">What became durable, in the last ten seconds.</param>
/// <param name="Work">How many items of work it has in hand.</param>
/// <param name="Load">The share of the processors in each of the last sixty minutes, the oldest first.</param>
/// <param name="Bucket">Whether it can use the bucket that all nodes share; null also where it has none.</param>
internal sealed record NodeView(
    string Name, Guid? Id, string? Address, bool Here, string State, DateTimeOffset? BeatAt, DateTimeOffset StartedAt, string? Version,
    string? Roles, NodeDrainingView? Draining, int? Uploads, long? BytesPerSecond, int? Work, IReadOnlyList<double>? Load,
    NodeStoreView? Store, NodeBucketView? Bucket)
{
    public static NodeView Of(Node node)
    {
        var told = node.IsRunning ? node.Figures : null;
        return new NodeView(
            node.Name, node.Id, node.Address, node.IsHere,
            node.IsRunning ? node.DrainingSince is null ? "alive" : "draining" : node.HasEnded ? "stopped" : "silent",
            node.BeatAt, node.StartedAt, node.Figures?.Version, node.Figures is { } last ? WordOf(last.Roles) : null,
            node.DrainingSince is { } since ? new NodeDrainingView(since) : null,
            told?.Uploads, told?.BytesPerSecond, told?.Work, told?.Load, told is null ? null : NodeStoreView.Of(told),
            NodeBucketView.Of(told?.Bucket));
    }

    public static NodeView Alone(NodeMeter meter, DateTimeOffset now) => new(
        "main", null, null, true, "alive", now, meter.StartedAt, meter.Now.Version, WordOf(NodeRoles.All), null, meter.Now.Uploads,
        meter.Now.BytesPerSecond, meter.Now.Work, meter.Now.Load, NodeStoreView.Of(meter.Now),
        NodeBucketView.Of(meter.Now.Bucket));

    private static string WordOf(NodeRoles roles) => roles switch
    {
        NodeRoles.Clients => "clients",
        NodeRoles.Work => "work",
        _ => "all",
    };
}

internal sealed record NodeDrainingView(DateTimeOffset Since);

/// <param name="Trouble">Why it takes no bytes; null: it does.</param>
internal sealed record NodeStoreView(string Path, long FreeBytes, long TotalBytes, string? Trouble)
{
    public static NodeStoreView Of(NodeFigures told) => new(told.Path, told.FreeBytes, told.TotalBytes, told.Trouble);
}

/// <param name="Name">Where it is: the host, the bucket and the folder.</param>
/// <param name="Trouble">Why the node cannot use it; null: it can.</param>
/// <param name="Since">Since when this is so; null if that is not known.</param>
internal sealed record NodeBucketView(string Name, string? Trouble, DateTimeOffset? Since)
{
    public static NodeBucketView? Of(BucketHealth? told) =>
        told is null ? null : new(told.Name, told.Trouble, told.Since);
}
