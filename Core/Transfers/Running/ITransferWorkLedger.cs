using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Stores the state of transfers for workers. Each method is one transaction, may be repeated, and records nothing once the lease is lost.
/// </summary>
public interface ITransferWorkLedger
{
    /// <summary>Returns a transfer of any owner.</summary>
    Task<Transfer?> GetAsync(Guid transfer, CancellationToken cancellationToken);

    /// <summary>The transfer to which an item belongs.</summary>
    Task<Transfer?> OfItemAsync(Guid item, CancellationToken cancellationToken);

    Task<TransferItem?> ItemAsync(Guid item, CancellationToken cancellationToken);

    /// <summary>Returns the items of folders that must be listed or created, in order.</summary>
    Task<IReadOnlyList<TransferItem>> FoldersAsync(Guid transfer, FolderWork work, int limit, CancellationToken cancellationToken);

    /// <param name="cursor">Where this page began.</param>
    /// <param name="next">Where the next page begins; null if there is none.</param>
    /// <param name="limits">The limits of the transfer and of its owner.</param>
    Task<AddedPage> AddItemsAsync(
        WorkItem lease, Guid folder, string? cursor, string? next, IReadOnlyList<FoundItem> items, ListingLimits limits,
        CancellationToken cancellationToken);

    /// <summary>Records the state of the transfer and an event.</summary>
    Task<bool> SetStateAsync(
        WorkItem lease, Guid transfer, TransferState state, bool scanned, string? story, CancellationToken cancellationToken);

    /// <summary>Records that a folder exists, or that it failed. If it failed, all items in it fail, too.</summary>
    Task<bool> SaveFolderAsync(WorkItem lease, TransferItem folder, FolderEnd end, CancellationToken cancellationToken);

    /// <summary>
    /// Claims the name of a folder before it is created, if the storage would create a second folder of this name, and records the folder's
    /// id.
    /// </summary>
    /// <returns><c>false</c> if another transfer is making a folder of this name; <c>null</c> if the lease is lost.</returns>
    Task<bool?> ClaimFolderAsync(
        WorkItem lease, TransferItem folder, string? targetId, string place, string name, CancellationToken cancellationToken);

    /// <returns>The number of queued files; null if the lease is lost.</returns>
    Task<int?> FeedAsync(WorkItem lease, Guid transfer, int most, CancellationToken cancellationToken);

    /// <summary>Ends the transfer if nothing is left to do; otherwise schedules its work after the pause.</summary>
    /// <returns>Null if the lease is lost.</returns>
    Task<TransferState?> SettleAsync(WorkItem lease, Guid transfer, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Schedules the transfer's own work again after the pause, because of a failure.</summary>
    Task<bool> PutOffAsync(
        WorkItem lease, Guid transfer, StorageFault fault, WaitReason? wait, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Returns unplanned items whose folder is planned, folders first.</summary>
    Task<IReadOnlyList<UnplannedItem>> UnplannedAsync(Guid transfer, int limit, CancellationToken cancellationToken);

    Task<bool> SavePlanAsync(
        WorkItem lease, Guid transfer, IReadOnlyList<PlannedItem> items, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the items to be removed at the source after all files are copied: the moved files, then the folders, the deepest first.
    /// </summary>
    Task<IReadOnlyList<TransferItem>> RemovalsAsync(Guid transfer, int limit, CancellationToken cancellationToken);

    Task<bool> SaveRemovalsAsync(
        WorkItem lease, Guid transfer, IReadOnlyList<Removal> removals, CancellationToken cancellationToken);

    /// <summary>Completes the plan: the transfer then waits for its owner's approval, or ends if both ends were only compared.</summary>
    /// <param name="room">Free bytes at the destination; null if unknown.</param>
    Task<bool> FinishPlanAsync(WorkItem lease, Guid transfer, long? room, CancellationToken cancellationToken);

    /// <summary>
    /// Returns whether the entry at the destination was created by the transfer of this file, is being created by it, or belongs to another
    /// of its files.
    /// </summary>
    /// <param name="folds">Whether the destination ignores the case of names.</param>
    Task<bool> IsMadeAsync(TransferItem item, string folder, SinkEntry there, bool folds, CancellationToken cancellationToken);

    /// <summary>Records until when the transfer must wait; null if it may run now.</summary>
    Task SetWindowAsync(Guid transfer, DateTimeOffset? until, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a transfer whose deadline has passed. Returns the items that were in progress, or have an upload at the destination.
    /// </summary>
    Task<IReadOnlyList<TransferItem>> ExpireAsync(WorkItem lease, Guid transfer, CancellationToken cancellationToken);

    /// <summary>
    /// Marks all open items as cancelled or failed, and removes them from the queue. Returns those that were in progress, or have an upload
    /// at the destination.
    /// </summary>
    /// <param name="reason">Why they have failed; null if they are cancelled.</param>
    Task<IReadOnlyList<TransferItem>> CancelItemsAsync(
        WorkItem lease, Guid transfer, string? reason, CancellationToken cancellationToken);

    /// <summary>
    /// Starts an item, and finds its folder at the destination. The item stays in the queue if the transfer was paused or is being
    /// cancelled.
    /// </summary>
    /// <returns>Null if the lease is lost, or the item has ended.</returns>
    Task<TransferItem?> BeginItemAsync(WorkItem lease, Guid item, CancellationToken cancellationToken);

    /// <summary>Records steps of an item's copy.</summary>
    /// <param name="claim">The claim of the name of the <see cref="CopyTargeted"/> step; <c>null</c> if no name is claimed.</param>
    /// <returns>Null if the lease is lost.</returns>
    Task<SavedItem?> SaveItemAsync(
        WorkItem lease, Guid item, IReadOnlyList<CopyStep> steps, NameClaim? claim, CancellationToken cancellationToken);

    /// <summary>
    /// Returns whether files of another transfer that wait for a worker take precedence: their priority is higher, or none of them is in
    /// progress.
    /// </summary>
    Task<bool> IsLaneUnservedAsync(WorkItem lease, CancellationToken cancellationToken);

    /// <summary>Ends an attempt, and records the calls that it made.</summary>
    /// <param name="nextFor">How long to lease the next file of the same lane; null to lease none.</param>
    Task<ItemEnded> EndItemAsync(
        WorkItem lease, TransferItem item, ItemEnd end, IReadOnlyList<MadeCall> made, TimeSpan? nextFor,
        CancellationToken cancellationToken);

    Task AddCallsAsync(Guid transfer, Guid? item, IReadOnlyList<MadeCall> made, CancellationToken cancellationToken);

    /// <summary>Ends the work on a mail about a transfer: it is queued, or not needed.</summary>
    /// <param name="connection">The connection that the mail is about.</param>
    Task EndMailAsync(WorkItem lease, TransferNote note, Guid? connection, CancellationToken cancellationToken);

    Task NoteAsync(Guid transfer, Guid? item, string kind, string? text, CancellationToken cancellationToken);
}

public enum FolderWork
{
    /// <summary>The folder must be listed.</summary>
    List = 1,

    /// <summary>The folder must be created at the destination; its parent exists.</summary>
    Make,
}

/// <summary>The outcome of a folder.</summary>
/// <param name="Made">The folder at the destination; <c>null</c> if it failed.</param>
/// <param name="AtSource">Whether it failed because the source does not list it.</param>
public sealed record FolderEnd(SinkEntry? Made, StorageFault? Failed = null, bool AtSource = false);

/// <summary>A claim of a name in a folder of the destination.</summary>
/// <param name="Folder">The folder, in which no other file of the transfer may have the name.</param>
/// <param name="Place">The identity of the folder, in which no file of another transfer may be written under the name.</param>
/// <param name="Folds">Whether the destination ignores the case of names.</param>
/// <param name="Since">When the destination was last queried for the name.</param>
public sealed record NameClaim(string Folder, string Place, bool Folds, DateTimeOffset Since);

public enum ClaimResult
{
    Free = 1,

    /// <summary>Another file of the transfer has the name.</summary>
    Own,

    /// <summary>A file of another transfer is being written under the name.</summary>
    Held,

    /// <summary>A file of another transfer has ended since the destination was queried, so it must be queried again.</summary>
    Ended,
}

/// <param name="Bytes">The progress of the transfer.</param>
/// <param name="Claim">If it is not <see cref="ClaimResult.Free"/>, nothing was recorded.</param>
/// <param name="At">When it was recorded, by the ledger's clock.</param>
public readonly record struct SavedItem(TransferBytes Bytes, ClaimResult Claim, DateTimeOffset At);

/// <param name="Held">False if the lease was lost, or if this is the second attempt after a lost response.</param>
/// <param name="Next">The file that was leased for the same worker.</param>
/// <param name="Transfer">The current state of the transfer to which both belong.</param>
public sealed record ItemEnded(bool Held, WorkItem? Next, Transfer? Transfer);

/// <summary>A call to a storage.</summary>
public readonly record struct MadeCall(bool AtDestination, DateTimeOffset At, StorageCall Call);

/// <summary>The outcome of an attempt.</summary>
/// <param name="State">The new state; Queued if another attempt follows.</param>
public sealed record ItemEnd(TransferItemState State)
{
    public FaultKind? Fault { get; init; }
    public string? Reason { get; init; }
    public Sha256Digest? Sha256 { get; init; }
    public string? Result { get; init; }

    /// <summary>The version at the destination.</summary>
    public string? Version { get; init; }

    /// <summary>The name at the destination.</summary>
    public string? Name { get; init; }

    /// <summary>The file's time at the destination, if it differs from that of the source.</summary>
    public DateTimeOffset? OtherTime { get; init; }

    /// <summary>A note about the copy for the owner.</summary>
    public string? Note { get; init; }
    public DigestKind? VerifiedBy { get; init; }

    /// <summary>The destination's offset, if it was not recorded before.</summary>
    public long? Position { get; init; }
    public TimeSpan Pause { get; init; }
    public WaitReason? Wait { get; init; }

    /// <summary>Gets a value that indicates whether it counts as an attempt without progress.</summary>
    public bool Failed { get; init; }

    public static ItemEnd Of(CopyEnd end) => new(end.Outcome switch
    {
        CopyOutcome.Copied => TransferItemState.Done,
        CopyOutcome.Skipped => TransferItemState.Skipped,
        _ => TransferItemState.Queued,
    })
    {
        Reason = end.Reason,
        Note = end.Note,
        Sha256 = end.Sha256,
        Result = end.Made?.Id,
        Version = end.Made?.Pin,
        Name = end.Made?.Name,
        OtherTime = end.OtherTime,
        VerifiedBy = end.VerifiedBy,
        Position = end.Position,
        Pause = end.Pause,
    };
}
