using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers;

/// <summary>Transfers as their owners ask for them. A user sees only their own.</summary>
public interface ITransferLedger
{
    /// <summary>Stores a transfer with the files and folders that were chosen, and queues it.</summary>
    Task<AddedTransfer> AddAsync(
        Transfer transfer, IReadOnlyList<FoundItem> chosen, AddRules rules, CancellationToken cancellationToken);

    /// <summary>Returns what an earlier request of the caller with the same key has made; <c>null</c> if there was none.</summary>
    Task<AddedTransfer?> RecallAsync(Caller caller, KeyedRequest request, CancellationToken cancellationToken);

    Task<Transfer?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>Those of these transfers that are there for the caller.</summary>
    Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<Transfer>> ListAsync(TransferQuery query, CancellationToken cancellationToken);

    /// <summary>Of the caller's own, or for those who see all, of the tenant's.</summary>
    Task<TransferStatistics> StatisticsAsync(Caller caller, TimeSpan window, CancellationToken cancellationToken);

    /// <summary>The same by day and route, of transfers that have ended: the earliest day first.</summary>
    Task<IReadOnlyList<TransferRouteDay>> RouteDaysAsync(Caller caller, TimeSpan window, CancellationToken cancellationToken);

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

/// <summary>The conditions under which a transfer is stored.</summary>
/// <param name="MostOpen">How many transfers of an owner may be open.</param>
/// <param name="Sameness">Equal for two transfers that do the same; <c>null</c> if the transfer is compared with none.</param>
public sealed record AddRules(int MostOpen, Sha256Digest? Sameness)
{
    /// <summary>The key by which a repeated request is recognized; <c>null</c> if the client sent none.</summary>
    public KeyedRequest? Request { get; init; }

    /// <summary>Gets a value that indicates whether it is stored although an equal transfer of its owner is open.</summary>
    public bool AllowEqual { get; init; } = true;
}

/// <param name="Transfer">The transfer that was stored, or the one that stands in its way.</param>
public sealed record AddedTransfer(AddResult Result, Guid Transfer);

public enum AddResult
{
    Added = 1,

    /// <summary>An earlier request with the same key has made the transfer.</summary>
    Replayed,

    /// <summary>The key was used for a different request.</summary>
    OtherRequest,

    /// <summary>A transfer that does the same is open.</summary>
    Equal,

    /// <summary>The owner has as many open transfers as allowed.</summary>
    TooMany,
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
