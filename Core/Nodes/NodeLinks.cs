using System.Collections.Immutable;

namespace ChunkUpload.Core.Nodes;

/// <summary>The ways to the ledger's other nodes, by their ids. Thread-safe.</summary>
public sealed class NodeLinks
{
    private ImmutableDictionary<Guid, INodeLink> _all = ImmutableDictionary<Guid, INodeLink>.Empty;

    public INodeLink? Find(Guid node) => _all.GetValueOrDefault(node);

    public void Set(Guid node, INodeLink link) => ImmutableInterlocked.AddOrUpdate(ref _all, node, link, (_, _) => link);

    public void Remove(Guid node) => ImmutableInterlocked.TryRemove(ref _all, node, out _);
}
