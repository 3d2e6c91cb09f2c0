namespace ChunkUpload.Core.Work;

/// <summary>A leased item.</summary>
/// <param name="Reference">What the kind knows it by.</param>
/// <param name="Attempts">How many have failed.</param>
public sealed record WorkItem(
    LeaseId Lease, string Kind, Guid Reference, int Attempts, IReadOnlyList<string> Keys, WorkPriority Priority, long Position)
{
    public long Id => Lease.Work;
}

/// <summary>What a process asks for: items of one kind, each leased for so long.</summary>
public sealed record WorkWanted(string Kind, TimeSpan Lease, int Limit);

/// <summary>An item to be added.</summary>
public sealed record NewWork(string Kind, Guid Reference)
{
    /// <summary>Each may have a limit of its own, such as <c>webhook:ID</c>. Items with the same keys are a lane.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Null means now.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public WorkPriority Priority { get; init; } = WorkPriority.Normal;

    /// <summary>Orders the items of a lane that have one priority.</summary>
    public long Position { get; init; }
}

/// <summary>An item of a higher priority is taken first, whatever waits below it.</summary>
public enum WorkPriority
{
    Low = 1,
    Normal,
    High,
}

/// <summary>What changes about an item; null stays.</summary>
public sealed record WorkChange(DateTimeOffset? DueAt = null, WorkPriority? Priority = null, long? Position = null);

/// <summary>The limits of a key; null stays.</summary>
/// <param name="AtOnce">How many items with it are worked on at once; 0: any number.</param>
/// <param name="NotBefore">Only moves later; <see cref="DateTimeOffset.MinValue"/> ends the wait.</param>
public sealed record WorkKeyChange(int? AtOnce = null, bool? Paused = null, DateTimeOffset? NotBefore = null);

/// <summary>What one kind has to do.</summary>
/// <param name="Due">Items that can be leased now.</param>
/// <param name="Waiting">Items that are due later, or that a key holds back.</param>
/// <param name="Oldest">For how long the oldest of the due items has been due.</param>
public sealed record WorkCount(string Kind, long Due, long Waiting, long Running, TimeSpan Oldest);

/// <summary>
/// The queue of work in the ledger. Statements that add or end items in a transaction of their own call the SQL functions of these names.
/// Every call may be repeated.
/// </summary>
public interface IWorkLedger
{
    /// <summary>Adds items. One that is there already stays as it is; one that is worked on now is worked on once more.</summary>
    Task AddAsync(IReadOnlyList<NewWork> items, CancellationToken cancellationToken);

    /// <returns>False if there is no such item.</returns>
    Task<bool> ChangeAsync(string kind, Guid reference, WorkChange change, CancellationToken cancellationToken);

    /// <summary>Removes items, also those that are worked on.</summary>
    /// <returns>The references of those that were there.</returns>
    Task<IReadOnlyList<Guid>> WithdrawAsync(string kind, IReadOnlyList<Guid> references, CancellationToken cancellationToken);

    Task SetKeyAsync(string key, WorkKeyChange change, CancellationToken cancellationToken);

    /// <summary>Removes the limits of keys that are no longer used.</summary>
    Task ForgetKeysAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    /// <summary>Leases items that are due. While it returns items, there may be more of a lower priority.</summary>
    Task<IReadOnlyList<WorkItem>> ClaimAsync(IReadOnlyList<WorkWanted> wanted, CancellationToken cancellationToken);

    /// <summary>Renews leases whose workers have made progress.</summary>
    /// <returns>
    /// The ids of those that are still held, and whether each was renewed: one is not while another transaction has its row.
    /// </returns>
    Task<IReadOnlyDictionary<long, bool>> RenewAsync(IReadOnlyList<WorkLease> leases, CancellationToken cancellationToken);

    /// <summary>Ends a lease.</summary>
    /// <param name="pause">Until the next attempt; null if the item is done.</param>
    /// <param name="isFailure">Whether the attempt counts as failed.</param>
    /// <returns>False if the lease was lost.</returns>
    Task<bool> EndAsync(WorkItem item, TimeSpan? pause, bool isFailure, CancellationToken cancellationToken);

    /// <summary>Takes back what ended processes had leased.</summary>
    /// <param name="running">What this process works on: also what else it holds is taken back. Null means nothing of its own.</param>
    Task<long> ReleaseAsync(IReadOnlyCollection<long>? running, CancellationToken cancellationToken);

    Task<IReadOnlyList<WorkCount>> CountAsync(CancellationToken cancellationToken);
}
