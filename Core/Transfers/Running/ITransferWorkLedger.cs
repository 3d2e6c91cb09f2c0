using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers.Copying;
using ChunkUpload.Core.Work;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// What workers record of transfers. Each method is one transaction, may be repeated, and records nothing once the lease is lost.
/// </summary>
public interface ITransferWorkLedger
{
    /// <summary>A transfer of any owner.</summary>
    Task<Transfer?> GetAsync(Guid transfer, CancellationToken cancellationToken);

    /// <summary>The transfer to which an item belongs.</summary>
    Task<Transfer?> OfItemAsync(Guid item, CancellationToken cancellationToken);

    Task<TransferItem?> ItemAsync(Guid item, CancellationToken cancellationToken);

    /// <summary>The items of folders that have to be listed or made, in order.</summary>
    Task<IReadOnlyList<TransferItem>> FoldersAsync(Guid transfer, FolderWork work, int limit, CancellationToken cancellationToken);

    /// <param name="cursor">Where this page began.</param>
    /// <param name="next">Where the next page begins; null if there is none.</param>
    /// <param name="limits">What the transfer and its owner may have.</param>
    Task<AddedPage> AddItemsAsync(
        WorkItem lease, Guid folder, string? cursor, string? next, IReadOnlyList<FoundItem> items, ListingLimits limits,
        CancellationToken cancellationToken);

    /// <summary>Records the state of the transfer and its story.</summary>
    Task<bool> SetStateAsync(
        WorkItem lease, Guid transfer, TransferState state, bool scanned, string? story, CancellationToken cancellationToken);

    /// <summary>Records that a folder is there, or that it failed: then all that is in it has failed with it.</summary>
    Task<bool> SaveFolderAsync(WorkItem lease, TransferItem folder, FolderEnd end, CancellationToken cancellationToken);

    /// <summary>
    /// Claims the name of a folder that is to be made where a storage would make a second folder of this name, and records the folder's id.
    /// </summary>
    /// <returns>
    /// <c>false</c> if another transfer is making a folder of this name; <c>null</c> if the lease is lost.
    /// </returns>
    Task<bool?> ClaimFolderAsync(
        WorkItem lease, TransferItem folder, string? targetId, string place, string name, CancellationToken cancellationToken);

    /// <returns>How many files were put into the queue; null if the lease is lost.</returns>
    Task<int?> FeedAsync(WorkItem lease, Guid transfer, int most, CancellationToken cancellationToken);

    /// <summary>Ends the transfer if nothing is left to do; else its work is due again after the pause.</summary>
    /// <returns>Null if the lease is lost.</returns>
    Task<TransferState?> SettleAsync(WorkItem lease, Guid transfer, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>The transfer's own work is due again after the pause, because of a failure.</summary>
    Task<bool> PutOffAsync(
        WorkItem lease, Guid transfer, StorageFault fault, WaitReason? wait, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Items that have no plan yet and whose folder has one: folders first.</summary>
    Task<IReadOnlyList<UnplannedItem>> UnplannedAsync(Guid transfer, int limit, CancellationToken cancellationToken);

    Task<bool> SavePlanAsync(
        WorkItem lease, Guid transfer, IReadOnlyList<PlannedItem> items, CancellationToken cancellationToken);

    /// <summary>
    /// Items that are to be removed at the source, once no file is left: files that were moved, then the folders that were, the deepest
    /// first.
    /// </summary>
    Task<IReadOnlyList<TransferItem>> RemovalsAsync(Guid transfer, int limit, CancellationToken cancellationToken);

    Task<bool> SaveRemovalsAsync(
        WorkItem lease, Guid transfer, IReadOnlyList<Removal> removals, CancellationToken cancellationToken);

    /// <summary>The transfer waits for its owner's approval, or ends if both ends were only compared.</summary>
    /// <param name="room">Free bytes at the destination; null if unknown.</param>
    Task<bool> FinishPlanAsync(WorkItem lease, Guid transfer, long? room, CancellationToken cancellationToken);

    /// <summary>
    /// Returns whether what is at the destination was made by the transfer of this file, is being made by it, or belongs to another of its
    /// files.
    /// </summary>
    /// <param name="folds">Whether names that differ in case only are one name there.</param>
    Task<bool> IsMadeAsync(TransferItem item, string folder, SinkEntry there, bool folds, CancellationToken cancellationToken);

    /// <summary>Lets the transfer wait until it may run again; null means it may run now.</summary>
    Task SetWindowAsync(Guid transfer, DateTimeOffset? until, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a transfer whose deadline has passed. Returns the items that were worked on, or have an upload at the destination.
    /// </summary>
    Task<IReadOnlyList<TransferItem>> ExpireAsync(WorkItem lease, Guid transfer, CancellationToken cancellationToken);

    /// <summary>
    /// Marks all items that are open as cancelled, or as failed, and takes them out of the queue. Returns those that were worked on, or
    /// have an upload at the destination.
    /// </summary>
    /// <param name="reason">Why they have failed; null if they are cancelled.</param>
    Task<IReadOnlyList<TransferItem>> CancelItemsAsync(
        WorkItem lease, Guid transfer, string? reason, CancellationToken cancellationToken);

    /// <summary>
    /// Takes up an item, and looks where its folder is at the destination. It stays in the queue if the transfer was paused or is being
    /// cancelled.
    /// </summary>
    /// <returns>Null if the lease is lost, or the item has ended.</returns>
    Task<TransferItem?> BeginItemAsync(WorkItem lease, Guid item, CancellationToken cancellationToken);

    /// <summary>Records steps of an item's copy.</summary>
    /// <param name="claim">Claims the name of the <see cref="CopyTargeted"/> among the steps; <c>null</c> if none is claimed.</param>
    /// <returns>Null if the lease is lost.</returns>
    Task<SavedItem?> SaveItemAsync(
        WorkItem lease, Guid item, IReadOnlyList<CopyStep> steps, NameClaim? claim, CancellationToken cancellationToken);

    /// <summary>
    /// Returns whether files of another transfer wait for a worker and come before those of this one: their priority is higher, or none of
    /// them is in work.
    /// </summary>
    Task<bool> IsLaneUnservedAsync(WorkItem lease, CancellationToken cancellationToken);

    /// <summary>Ends an attempt, and records the calls that it made.</summary>
    /// <param name="nextFor">For how long to lease the next file of the same lane; null if none is wanted.</param>
    Task<ItemEnded> EndItemAsync(
        WorkItem lease, TransferItem item, ItemEnd end, IReadOnlyList<MadeCall> made, TimeSpan? nextFor,
        CancellationToken cancellationToken);

    Task AddCallsAsync(Guid transfer, Guid? item, IReadOnlyList<MadeCall> made, CancellationToken cancellationToken);

    /// <summary>The mail about a transfer waits to be sent, or is not needed: ends the work.</summary>
    /// <param name="connection">About which the owner was mailed.</param>
    Task EndMailAsync(WorkItem lease, TransferNote note, Guid? connection, CancellationToken cancellationToken);

    Task NoteAsync(Guid transfer, Guid? item, string kind, string? text, CancellationToken cancellationToken);
}

public enum FolderWork
{
    /// <summary>What is in it has to be read.</summary>
    List = 1,

    /// <summary>It has to be made at the destination; its own folder is there.</summary>
    Make,
}

/// <summary>How a folder has ended.</summary>
/// <param name="Made">The folder at the destination; <c>null</c> if it failed.</param>
/// <param name="AtSource">Whether it failed because the source does not list it.</param>
public sealed record FolderEnd(SinkEntry? Made, StorageFault? Failed = null, bool AtSource = false);

/// <summary>A name in a folder of the destination that no other file may have.</summary>
/// <param name="Folder">The folder, in which no other file of the transfer may have the name.</param>
/// <param name="Place">The identity of the folder, in which no file of another transfer may be written under the name.</param>
/// <param name="Folds">Whether names that differ only in case are one name there.</param>
/// <param name="Since">When the destination was last asked what has the name.</param>
public sealed record NameClaim(string Folder, string Place, bool Folds, DateTimeOffset Since);

public enum ClaimResult
{
    Free = 1,

    /// <summary>Another file of the transfer has the name.</summary>
    Own,

    /// <summary>A file of another transfer is being written under the name.</summary>
    Held,

    /// <summary>A file of another transfer has ended since the destination was asked: ask it again.</summary>
    Ended,
}

/// <param name="Bytes">How far the transfer is now.</param>
/// <param name="Claim">If it is not <see cref="ClaimResult.Free"/>, nothing was recorded.</param>
/// <param name="At">When it was recorded, by the ledger's clock.</param>
public readonly record struct SavedItem(TransferBytes Bytes, ClaimResult Claim, DateTimeOffset At);

/// <param name="Held">False: the lease was lost, or an answer was and this is the second try.</param>
/// <param name="Next">The file that was leased for the same worker.</param>
/// <param name="Transfer">To which both belong, as it is now.</param>
public sealed record ItemEnded(bool Held, WorkItem? Next, Transfer? Transfer);

/// <summary>A call to a storage.</summary>
public readonly record struct MadeCall(bool AtDestination, DateTimeOffset At, StorageCall Call);

/// <summary>How an attempt ended.</summary>
/// <param name="State">Queued: there will be another one.</param>
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

    /// <summary>The time that the destination has for the file, where it is not the one of the source.</summary>
    public DateTimeOffset? OtherTime { get; init; }

    /// <summary>What its owner should know about the copy.</summary>
    public string? Note { get; init; }
    public DigestKind? VerifiedBy { get; init; }

    /// <summary>What the destination has, where that was not recorded on the way.</summary>
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
