using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Nodes;

/// <summary>A node of the ledger, as its last start has recorded it.</summary>
/// <param name="Store">The store to which it writes.</param>
/// <param name="Address">The host and port at which it answers other nodes.</param>
/// <param name="Fingerprint">The SHA-256 of the certificate that it shows there.</param>
/// <param name="Settings">Digests of the settings that must be the same on all nodes, by name.</param>
/// <param name="IsRunning">Whether it was active a moment ago.</param>
public sealed record Node(
    Guid Id, string Name, Guid Store, long Incarnation, string Address, byte[] Fingerprint, IReadOnlyDictionary<string, string> Settings,
    bool IsRunning);

/// <summary>The nodes of the ledger.</summary>
public interface INodeLedger
{
    /// <summary>All nodes but this one.</summary>
    Task<IReadOnlyList<Node>> OthersAsync(CancellationToken cancellationToken);

    /// <summary>Records that this node runs.</summary>
    /// <returns>False if another node has the name.</returns>
    Task<bool> JoinAsync(
        string name, string address, byte[] fingerprint, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken);

    /// <summary>Whether the ledger names a file of this node's store.</summary>
    Task<bool> NamesAsync(StoredFile file, CancellationToken cancellationToken);
}
