using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers;

/// <summary>Transfers as their owners ask for them. A user sees only their own.</summary>
public interface ITransferLedger
{
    /// <summary>Stores a transfer with the files and folders that were chosen, and queues it.</summary>
    /// <returns>False if its owner has as many as may be open.</returns>
    Task<bool> AddAsync(Transfer transfer, IReadOnlyList<FoundItem> chosen, int mostOpen, CancellationToken cancellationToken);

    Task<Transfer?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>Those of these transfers that are there for the caller.</summary>
    Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<Transfer>> ListAsync(TransferQuery query, CancellationToken cancellationToken);

    /// <summary>Of the caller's own, or for those who see all, of the tenant's.</summary>
    Task<TransferStatistics> StatisticsAsync(Caller caller, TimeSpan window, CancellationToken cancellationToken);

    /// <summary>Its owner has seen what the console shows.</summary>
    Task SeenNoticeAsync(Guid transfer, CancellationToken cancellationToken);

    /// <summary>In the order of their numbers.</summary>
    Task<IReadOnlyList<TransferItem>> ItemsAsync(
        Guid transfer, TransferItemState? state, PlannedAs? plan, long after, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<TransferEvent>> EventsAsync(Guid transfer, long after, int limit, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<RecordedCall>> CallsAsync(Guid transfer, long? before, int limit, CancellationToken cancellationToken);

    /// <returns>False if the transfer has ended.</returns>
    Task<bool> PauseAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Also ends a wait that only a person can end.</summary>
    /// <returns>False if the transfer has ended.</returns>
    Task<bool> ResumeAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <returns>False if the transfer has ended.</returns>
    Task<bool> CancelAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Starts a transfer that is planned.</summary>
    /// <returns>False if it has no plan that could be approved.</returns>
    Task<bool> ApproveAsync(Transfer transfer, CancellationToken cancellationToken);

    Task<TransferPlan> PlanAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Changes label, priority, options and deadline to those that the transfer has here.</summary>
    /// <returns>False if it has ended.</returns>
    Task<bool> EditAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Puts what failed back into the queue.</summary>
    /// <returns>How many items.</returns>
    Task<int> RetryAsync(Transfer transfer, CancellationToken cancellationToken);
}

public sealed record TransferQuery(Caller Caller, int Limit)
{
    public IReadOnlyList<TransferState> States { get; init; } = [];
    public WaitReason? Wait { get; init; }
    public Guid? Connection { get; init; }
    public string? Text { get; init; }

    /// <summary>Only those of the caller with something that was not seen yet.</summary>
    public bool WithNotice { get; init; }

    /// <summary>The number of the last transfer of the page before.</summary>
    public long? Before { get; init; }
}
