using ChunkUpload.Core.Events;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Nodes;

/// <summary>
/// The way to another node: its store, which can be read, its writers, which can be asked to stop, and what moves there.
/// </summary>
public interface INodeLink : IOtherNode, IMovingNode, IDisposable
{
    new long Incarnation { get; }

    IReadableStore Store { get; }

    /// <summary>Has the node answer a request of a client. Returns null if it does not.</summary>
    Task<ForwardedAnswer?> ForwardAsync(ForwardedRequest request, CancellationToken cancellationToken);
}

public interface INodeConnector
{
    /// <summary>Connects nothing yet: each request to the node may fail.</summary>
    INodeLink LinkTo(Node node);
}
