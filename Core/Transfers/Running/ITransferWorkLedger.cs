using ChunkUpload.Core.Connections;
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
    /// <param name="next">Where the next page begins; null: there is none.</param>
    Task<bool> AddItemsAsync(
        WorkItem lease, Guid folder, string? cursor, string? next, IReadOnlyList<FoundItem> items,
        CancellationToken cancellationToken);

    /// <summary>Records the state of the transfer and its story.</summary>
    Task<bool> SetStateAsync(
        WorkItem lease, Guid transfer, TransferState state, bool scanned, string? story, CancellationToken cancellationToken);

    /// <summary>Records a folder's id before it is made, and then that it is there.</summary>
    Task<bool> SaveFolderAsync(
        WorkItem lease, TransferItem folder, string? targetId, SinkEntry? made, StorageFault? failed,
        CancellationToken cancellationToken);

    /// <returns>How many files were put into the queue; null: the lease is lost.</returns>
    Task<int?> FeedAsync(WorkItem lease, Guid transfer, int most, CancellationToken cancellationToken);

    /// <summary>Ends the transfer if nothing is left to do; else its work is due again after the pause.</summary>
    /// <returns>Null: the lease is lost.</returns>
    Task<TransferState?> SettleAsync(WorkItem lease, Guid transfer, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>The transfer's own work is due again after the pause, because of a failure.</summary>
    Task<bool> PutOffAsync(
        WorkItem lease, Guid transfer, StorageFault fault, WaitReason? wait, TimeSpan pause, CancellationToken cancellationToken);

    /// <summary>Items that have no plan yet and whose folder has one: folders first.</summary>
    Task<IReadOnlyList<UnplannedItem>> UnplannedAsync(Guid transfer, int limit, CancellationToken cancellationToken);

    Task<bool> SavePlanAsync(
        WorkItem lease, Guid transfer, IReadOnlyList<PlannedItem> items, CancellationToken cancellationToken);

    /// <summary>The transfer waits for its owner's approval; its work ends until then.</summary>
    /// <param name="room">Free bytes at the destination; null: not known.</param>
    Task<bool> FinishPlanAsync(WorkItem lease, Guid transfer, long? room, CancellationToken cancellationToken);

    /// <summary>Whether what is at the destination was made by the transfer of this file, or is being made by it.</summary>
    /// <param name="folds">Whether names that differ in case only are one name there.</param>
    Task<bool> IsMadeAsync(TransferItem item, string folder, SinkEntry there, bool folds, CancellationToken cancellationToken);

    /// <summary>Lets the transfer wait until it may run again; null: it may run now.</summary>
    Task SetWindowAsync(Guid transfer, DateTimeOffset? until, CancellationToken cancellationToken);

    /// <summary>Ends a transfer whose deadline has passed. Returns the items that were open.</summary>
    Task<IReadOnlyList<TransferItem>> ExpireAsync(WorkItem lease, Guid transfer, CancellationToken cancellationToken);

    /// <summary>Marks all items that are open as cancelled, or as failed, and takes them out of the queue. Returns them.</summary>
    /// <param name="reason">Why they have failed; null: they are cancelled.</param>
    Task<IReadOnlyList<TransferItem>> CancelItemsAsync(
        WorkItem lease, Guid transfer, string? reason, CancellationToken cancellationToken);

    /// <summary>
    /// Takes up an item, and looks where its folder is at the destination. It stays in the queue if the transfer was paused or is being
    /// cancelled.
    /// </summary>
    /// <returns>Null: the lease is lost, or the item has ended.</returns>
    Task<TransferItem?> BeginItemAsync(WorkItem lease, Guid item, CancellationToken cancellationToken);

    /// <returns>Null: the lease is lost.</returns>
    Task<SavedItem?> SaveItemAsync(WorkItem lease, Guid item, ItemProgress progress, CancellationToken cancellationToken);

    /// <summary>Ends an attempt, and records the calls that it made.</summary>
    /// <param name="nextFor">For how long to lease the next file of the same lane; null: none is wanted.</param>
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

/// <summary>What changed of an item; null: as it was.</summary>
public sealed record ItemProgress
{
    public string? Pin { get; init; }
    public long? Size { get; init; }

    /// <summary>Empty: the id was used, and another one is needed.</summary>
    public string? TargetId { get; init; }

    /// <summary>The name at the destination.</summary>
    public string? TargetName { get; init; }

    /// <summary>With it: the folder there, in which no other file of the transfer may have the name.</summary>
    public string? ClaimIn { get; init; }

    /// <summary>Whether names that differ in case only are one name there.</summary>
    public bool Folds { get; init; }

    /// <summary>The file that gets a new version.</summary>
    public string? Replaces { get; init; }

    /// <summary>With an empty id: it has ended.</summary>
    public SinkSession? Session { get; init; }

    /// <summary>Accepted by the destination, with the digests' states for exactly these bytes.</summary>
    public long? Position { get; init; }
    public byte[]? Hashes { get; init; }
    public int? Piece { get; init; }
    public bool Restarted { get; init; }

    /// <summary>As the source calls it now. The path of what was chosen itself is its name.</summary>
    public string? Name { get; init; }
}

/// <param name="Bytes">How far the transfer is now.</param>
/// <param name="NameIsTaken">Nothing was recorded, because another file of the transfer has the name.</param>
public readonly record struct SavedItem(TransferBytes Bytes, bool NameIsTaken);

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
    public DigestKind? VerifiedBy { get; init; }

    /// <summary>What the destination has, where that was not recorded on the way.</summary>
    public long? Position { get; init; }
    public TimeSpan Pause { get; init; }
    public WaitReason? Wait { get; init; }

    /// <summary>Whether it counts as an attempt without progress.</summary>
    public bool Failed { get; init; }
}
