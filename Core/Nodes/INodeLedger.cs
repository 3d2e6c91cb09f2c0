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
    bool IsRunning)
{
    /// <summary>Whether it is this node.</summary>
    public bool IsHere { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Null if its last run is fenced.</summary>
    public DateTimeOffset? BeatAt { get; init; }

    /// <summary>The time of the database when it was read.</summary>
    public DateTimeOffset ReadAt { get; init; }

    public bool HasEnded { get; init; }

    /// <summary>Since when it takes no new work; null: it does.</summary>
    public DateTimeOffset? DrainingSince { get; init; }

    /// <summary>Since when it is recorded as silent or stopped; null: it is not.</summary>
    public DateTimeOffset? AwaySince { get; init; }

    /// <summary>What it has told last; null if nothing yet.</summary>
    public NodeFigures? Figures { get; init; }
}

/// <summary>What a node does.</summary>
/// <param name="Uploads">How many are being written to.</param>
/// <param name="BytesPerSecond">What became durable, in the last ten seconds.</param>
/// <param name="Work">How many items of work it has in hand.</param>
/// <param name="Load">The share of the machine's processors in each of the last sixty minutes, the oldest first.</param>
/// <param name="Path">The data directory.</param>
/// <param name="Trouble">Why its store takes no bytes; null: it does.</param>
public sealed record NodeFigures(
    string Version, int Uploads, long BytesPerSecond, int Work, IReadOnlyList<double> Load, string Path, long FreeBytes, long TotalBytes,
    string? Trouble)
{
    /// <summary>What it uses of the limits that hold for all nodes; null while it knows of no other.</summary>
    public IReadOnlyDictionary<string, long>? Usage { get; init; }

    /// <summary>What it does for all.</summary>
    public NodeRoles Roles { get; init; }

    /// <summary>Whether it can use the bucket; null if it has none.</summary>
    public BucketHealth? Bucket { get; init; }

    /// <summary>The folders of its machine that it gives to users, without their paths.</summary>
    public IReadOnlyList<LocalFolder>? Folders { get; init; }
}

public enum ForgetAnswer
{
    Forgotten,

    /// <summary>It runs, so it is not forgotten.</summary>
    Runs,

    Unknown,
}

/// <summary>The nodes of the ledger.</summary>
public interface INodeLedger
{
    /// <summary>All nodes, by name.</summary>
    Task<IReadOnlyList<Node>> ListAsync(CancellationToken cancellationToken);

    /// <summary>All nodes but this one.</summary>
    async Task<IReadOnlyList<Node>> OthersAsync(CancellationToken cancellationToken) =>
        [.. (await ListAsync(cancellationToken)).Where(node => !node.IsHere)];

    /// <summary>Records that this node runs.</summary>
    /// <returns>False if another node has the name.</returns>
    Task<bool> JoinAsync(
        string name, string address, byte[] fingerprint, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken);

    /// <summary>Records what this node does.</summary>
    Task TellAsync(NodeFigures figures, CancellationToken cancellationToken);

    /// <summary>Records for operators that another node is away, or is back. It is recorded once, whichever nodes see it.</summary>
    Task NoteAsync(Node node, CancellationToken cancellationToken);

    /// <summary>Has a node take no new work, or take it again. It follows within two seconds.</summary>
    /// <returns>False if there is no such node.</returns>
    Task<bool> DrainAsync(string name, bool drains, CancellationToken cancellationToken);

    /// <summary>Forgets a node that runs no more. What lies in its store stays there, and cannot be reached.</summary>
    Task<ForgetAnswer> ForgetAsync(string name, CancellationToken cancellationToken);

    /// <summary>Whether the ledger names a file of this node's store.</summary>
    Task<bool> NamesAsync(StoredFile file, CancellationToken cancellationToken);
}
