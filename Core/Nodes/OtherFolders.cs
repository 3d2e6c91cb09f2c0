namespace ChunkUpload.Core.Nodes;

/// <summary>The node on whose machine a folder is.</summary>
/// <param name="Trouble">Why it takes no work now, such as <c>does not run</c>; null if it takes work.</param>
/// <param name="Since">Since when this is so.</param>
public sealed record FolderNode(Guid Id, string Name, string? Trouble, DateTimeOffset Since)
{
    public const string NotRunning = "does not run";
}

/// <summary>A folder that another node gives to users. Its path is not known here.</summary>
public sealed record OtherFolder(FolderNode Node, LocalFolder Folder)
{
    /// <summary>Why work with the folder waits, as a sentence; null if it does not.</summary>
    public string? Trouble => Node.Trouble is { } trouble
        ? $"The folder {Folder.Name} is on the machine of the node {Node.Name}, which {trouble}."
        : null;
}

/// <summary>The folders of the ledger's other nodes, as these have told a moment ago. Thread-safe.</summary>
public sealed class OtherFolders
{
    private volatile IReadOnlyList<OtherFolder> _all = [];

    public IReadOnlyList<OtherFolder> All
    {
        get => _all;
        set => _all = value;
    }

    /// <summary>Returns the folder that a connection of this owner is; null if it is none of another node.</summary>
    public OtherFolder? Find(string tenant, string subject, Guid? connection) => connection is { } id
        ? _all.FirstOrDefault(other => other.Folder.IdFor(tenant, subject) == id)
        : null;

    /// <summary>Returns the first folder of these connections whose node takes no work.</summary>
    public OtherFolder? WaitingFor(string tenant, string subject, params ReadOnlySpan<Guid?> connections)
    {
        foreach (var connection in connections)
        {
            if (Find(tenant, subject, connection) is { Trouble: not null } waiting)
                return waiting;
        }

        return null;
    }
}
