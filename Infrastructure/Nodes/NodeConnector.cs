using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Infrastructure.Nodes;

internal sealed class NodeConnector(NodeSignature signature, TimeProvider time) : INodeConnector
{
    public INodeLink LinkTo(Node node) => new NodeLink(node, signature, time);
}
