using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Transfers;

/// <summary>Stores transfers for their owners. A user sees only their own.</summary>
public interface ITransferLedger
{
    /// <summary>Stores a transfer with the selected files and folders, and queues it.</summary>
    Task<AddedTransfer> AddAsync(
        Transfer transfer, IReadOnlyList<FoundItem> chosen, AddRules rules, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the transfer that an earlier request of the caller with the same key has created; <c>null</c> if there was none.
    /// </summary>
    Task<AddedTransfer?> RecallAsync(Caller caller, KeyedRequest request, CancellationToken cancellationToken);

    Task<Transfer?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns the transfers among these that the caller sees.</summary>
    Task<IReadOnlyList<Guid>> SeenAsync(Caller caller, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<Transfer>> ListAsync(TransferQuery query, CancellationToken cancellationToken);

    /// <summary>Returns figures of the caller's transfers, or of all in the tenant if the caller sees all.</summary>
    Task<TransferStatistics> StatisticsAsync(Caller caller, TimeSpan window, CancellationToken cancellationToken);

    /// <summary>Returns figures by day and route, of transfers that have ended, the earliest day first.</summary>
    Task<IReadOnlyList<TransferRouteDay>> RouteDaysAsync(Caller caller, TimeSpan window, CancellationToken cancellationToken);

    /// <summary>Records that the owner has seen the notice in the console.</summary>
    Task SeenNoticeAsync(Guid transfer, CancellationToken cancellationToken);

    /// <summary>Returns items in the order of their numbers.</summary>
    Task<IReadOnlyList<TransferItem>> ItemsAsync(
        Guid transfer, TransferItemState? state, PlannedAs? plan, long after, int limit, CancellationToken cancellationToken);

    Task<IReadOnlyList<TransferEvent>> EventsAsync(Guid transfer, long after, int limit, CancellationToken cancellationToken);

    /// <summary>The newest first.</summary>
    Task<IReadOnlyList<RecordedCall>> CallsAsync(Guid transfer, long? before, int limit, CancellationToken cancellationToken);

    /// <returns>False if the transfer has ended.</returns>
    Task<bool> PauseAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Resumes a transfer, and also ends a wait for its owner.</summary>
    /// <returns>False if the transfer has ended.</returns>
    Task<bool> ResumeAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <returns>False if the transfer has ended.</returns>
    Task<bool> CancelAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Starts a transfer that is planned.</summary>
    /// <returns>False if it has no plan to approve.</returns>
    Task<bool> ApproveAsync(Transfer transfer, CancellationToken cancellationToken);

    Task<TransferPlan> PlanAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Stores the label, priority, options and deadline of the transfer.</summary>
    /// <returns>False if it has ended.</returns>
    Task<bool> EditAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>Queues failed items again.</summary>
    /// <returns>The number of items.</returns>
    Task<int> RetryAsync(Transfer transfer, CancellationToken cancellationToken);
}

/// <summary>The conditions under which a transfer is stored.</summary>
/// <param name="MostOpen">The maximum number of open transfers of an owner.</param>
/// <param name="Sameness">A digest that is equal for two transfers that do the same; <c>null</c> if the transfer is not compared.</param>
public sealed record AddRules(int MostOpen, Sha256Digest? Sameness)
{
    /// <summary>The key by which a repeated request is recognized; <c>null</c> if the client sent none.</summary>
    public KeyedRequest? Request { get; init; }

    /// <summary>Gets a value that indicates whether it is stored even if an equal transfer of its owner is open.</summary>
    public bool AllowEqual { get; init; } = true;
}

/// <param name="Transfer">The stored transfer, or the existing one that prevented it.</param>
public sealed record AddedTransfer(AddResult Result, Guid Transfer);

public enum AddResult
{
    Added = 1,

    /// <summary>An earlier request with the same key has created the transfer.</summary>
    Replayed,

    /// <summary>The key was used for a different request.</summary>
    OtherRequest,

    /// <summary>A transfer that does the same is open.</summary>
    Equal,

    /// <summary>The owner has the maximum number of open transfers.</summary>
    TooMany,
}

public sealed record TransferQuery(Caller Caller, int Limit)
{
    public IReadOnlyList<TransferState> States { get; init; } = [];
    public WaitReason? Wait { get; init; }
    public Guid? Connection { get; init; }
    public string? Text { get; init; }

    /// <summary>Only the caller's transfers with a notice that was not seen yet.</summary>
    public bool WithNotice { get; init; }

    /// <summary>The number of the last transfer of the previous page.</summary>
    public long? Before { get; init; }
}
