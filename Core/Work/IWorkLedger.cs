namespace ChunkUpload.Core.Work;

/// <summary>A leased item.</summary>
/// <param name="Reference">The id of the object to which the work belongs.</param>
/// <param name="Attempts">The number of failed attempts.</param>
public sealed record WorkItem(
    LeaseId Lease, string Kind, Guid Reference, int Attempts, IReadOnlyList<string> Keys, WorkPriority Priority, long Position)
{
    public long Id => Lease.Work;
}

/// <summary>A request for items of one kind.</summary>
public sealed record WorkWanted(string Kind, TimeSpan Lease, int Limit);

/// <summary>An item to be added.</summary>
public sealed record NewWork(string Kind, Guid Reference)
{
    /// <summary>Keys that may have limits, such as <c>webhook:ID</c>. Items with the same keys form a lane.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>When the item is due; null for now.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public WorkPriority Priority { get; init; } = WorkPriority.Normal;

    /// <summary>Orders the items of a lane that have the same priority.</summary>
    public long Position { get; init; }
}

/// <summary>Items of a higher priority are always processed first.</summary>
public enum WorkPriority
{
    Low = 1,
    Normal,
    High,
}

/// <summary>A change of an item; null values stay unchanged.</summary>
public sealed record WorkChange(DateTimeOffset? DueAt = null, WorkPriority? Priority = null, long? Position = null);

/// <summary>A change of the limits of a key; null values stay unchanged.</summary>
/// <param name="AtOnce">The maximum number of concurrent items with the key; 0 for no limit.</param>
/// <param name="NotBefore">When the next item may start. It can only be moved later; <see cref="DateTimeOffset.MinValue"/> ends the
/// wait.</param>
public sealed record WorkKeyChange(int? AtOnce = null, bool? Paused = null, DateTimeOffset? NotBefore = null);

/// <summary>The number of items of one kind.</summary>
/// <param name="Due">Items that can be leased now.</param>
/// <param name="Waiting">Items that are due later, or that the limits of a key delay.</param>
/// <param name="Oldest">How long the oldest due item has been due.</param>
public sealed record WorkCount(string Kind, long Due, long Waiting, long Running, TimeSpan Oldest);

/// <summary>
/// The work queue in the ledger. Statements that add or end items in their own transaction call the SQL functions with the same names.
/// Every call may be repeated.
/// </summary>
public interface IWorkLedger
{
    /// <summary>Adds items. An existing item stays unchanged; one that is being processed will be processed once more.</summary>
    Task AddAsync(IReadOnlyList<NewWork> items, CancellationToken cancellationToken);

    /// <returns>False if there is no such item.</returns>
    Task<bool> ChangeAsync(string kind, Guid reference, WorkChange change, CancellationToken cancellationToken);

    /// <summary>Removes items, including those that are being processed.</summary>
    /// <returns>The references of the removed items.</returns>
    Task<IReadOnlyList<Guid>> WithdrawAsync(string kind, IReadOnlyList<Guid> references, CancellationToken cancellationToken);

    Task SetKeyAsync(string key, WorkKeyChange change, CancellationToken cancellationToken);

    /// <summary>Removes the limits of keys that are no longer used.</summary>
    Task ForgetKeysAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>Leases due items. As long as it returns items, there may be more of a lower priority.</summary>
    Task<IReadOnlyList<WorkItem>> ClaimAsync(IReadOnlyList<WorkWanted> wanted, CancellationToken cancellationToken);

    /// <summary>Renews leases whose workers have made progress.</summary>
    /// <returns>The ids of the leases that are still held, and whether each was renewed. A lease is not renewed while another transaction
    /// has locked its row.</returns>
    Task<IReadOnlyDictionary<long, bool>> RenewAsync(IReadOnlyList<WorkLease> leases, CancellationToken cancellationToken);

    /// <summary>Ends a lease.</summary>
    /// <param name="pause">The time until the next attempt; null if the item is done.</param>
    /// <param name="isFailure">Whether the attempt counts as failed.</param>
    /// <returns>False if the lease was lost.</returns>
    Task<bool> EndAsync(WorkItem item, TimeSpan? pause, bool isFailure, CancellationToken cancellationToken);

    /// <summary>Ends the lease of an item that needs a folder of another node, which takes the item.</summary>
    /// <returns>False if the lease was lost.</returns>
    Task<bool> HandAsync(WorkItem item, Guid folder, Guid node, CancellationToken cancellationToken);

    /// <summary>Records that work with these folders, which are connections, is for this node.</summary>
    Task BindFoldersAsync(Guid node, IReadOnlyCollection<Guid> folders, CancellationToken cancellationToken);

    /// <summary>Releases the leases of ended processes.</summary>
    /// <param name="running">The items that this process is working on; its other leases are released, too. Null to release none of its
    /// own.</param>
    Task<long> ReleaseAsync(IReadOnlyCollection<long>? running, CancellationToken cancellationToken);

    Task<IReadOnlyList<WorkCount>> CountAsync(CancellationToken cancellationToken);
}
