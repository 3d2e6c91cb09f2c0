namespace ChunkUpload.Core.Projects;

/// <summary>A team space with devices, as its members see it.</summary>
/// <param name="Id">Also the id of the space.</param>
/// <param name="Owner">The subject to which the project belongs.</param>
/// <param name="IsMember">Whether the caller is a member; administrators of the tenant see that other projects exist.</param>
/// <param name="CanChange">Whether the caller may change files and serve folders.</param>
public sealed record Project(Guid Id, string Tenant, string Name, string Owner, bool IsMember, bool CanChange)
{
    /// <summary>The number of the project's last event.</summary>
    public long Sequence { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time from which the project is read-only; <c>null</c> while it is in use.</summary>
    public DateTimeOffset? ArchivedAt { get; init; }

    /// <summary>The display name of the owner.</summary>
    public string OwnerName { get; init; } = "";

    /// <summary>The display names of the first members; empty unless the caller is a member.</summary>
    public IReadOnlyList<string> MemberNames { get; init; } = [];

    /// <summary>The number of members.</summary>
    public int Members { get; init; }

    /// <summary>The number of entries in the space, which are stored on the service.</summary>
    public long Entries { get; init; }

    /// <summary>The bytes in the space, which are stored on the service.</summary>
    public long Bytes { get; init; }

    /// <summary>The number of requests for files of the caller's devices that wait for an answer.</summary>
    public int WaitingRequests { get; init; }

    public IReadOnlyList<ServedFolder> Folders { get; init; } = [];
}

/// <summary>A folder of a device at one place of a project.</summary>
/// <param name="Id">The id in the folder's marker file.</param>
/// <param name="Place">The path in the project, such as <c>/line-14</c>.</param>
/// <param name="Files">The number of files in the list.</param>
/// <param name="Sequence">The device's number of its last batch.</param>
/// <param name="IsComplete">Whether the device has sent the whole list at least once.</param>
/// <param name="ToldAt">The time of the last batch.</param>
public sealed record ServedFolder(
    Guid Project, Guid Id, string Place, ProjectDevice Device, long Files, long Bytes, long Sequence, bool IsComplete,
    DateTimeOffset? ToldAt)
{
    /// <summary>The rule for members without one of their own.</summary>
    public FolderRule Rule { get; init; } = new(FolderApproval.Ask, null);

    /// <summary>Gets a value that indicates whether the files are never relayed by the service.</summary>
    public bool IsStraightOnly { get; init; }

    /// <summary>The rules of single members, by their subjects.</summary>
    public IReadOnlyDictionary<string, FolderRule> MemberRules { get; init; } = new Dictionary<string, FolderRule>();
}
