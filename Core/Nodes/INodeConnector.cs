using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Nodes;

/// <summary>The way to another node: its store, which can be read, and its writers, which can be asked to stop.</summary>
public interface INodeLink : IOtherNode, IDisposable
{
    IReadableStore Store { get; }
}

public interface INodeConnector
{
    /// <summary>Connects nothing yet: each request to the node may fail.</summary>
    INodeLink LinkTo(Node node);
}
