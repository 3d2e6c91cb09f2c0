using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Tree;

/// <summary>The ledger of deleted and replaced entries until they are freed.</summary>
public interface ITrashLedger
{
    /// <summary>The items in the trash of a space, the newest first.</summary>
    [Storage.Query]
    Task<IReadOnlyList<TrashItem>> ListAsync(EntryId space, TrashKey? after, int limit, CancellationToken cancellationToken);

    /// <summary>One item; null if it is not in the trash.</summary>
    [Storage.Query]
    Task<TrashItem?> FindAsync(EntryId space, EntryId entry, int? version, CancellationToken cancellationToken);

    /// <summary>Marks one item, or everything, for removal; <see cref="PurgeAsync"/> frees it.</summary>
    /// <returns>How many rows of at most <paramref name="limit"/> it took.</returns>
    Task<int> EmptyAsync(EntryId space, TrashKey? item, int limit, CancellationToken cancellationToken);

    /// <summary>Frees a batch of what was given up or has expired.</summary>
    /// <returns>The uploads that no file has as its content any more; null if there was nothing to do.</returns>
    Task<IReadOnlyList<PurgedUpload>?> PurgeAsync(int limit, TimeSpan keep, CancellationToken cancellationToken);
}

/// <summary>A removed entry, or an earlier content of a file.</summary>
/// <param name="Version">The number of the earlier content; null for a removed entry.</param>
/// <param name="Path">Where it lay; null if a folder on the way is gone too.</param>
public sealed record TrashItem(
    Entry Entry, int? Version, UploadId? Upload, long? Size, NanoTime Modified, DateTimeOffset RemovedAt, string RemovedBy,
    IReadOnlyList<string>? Path)
{
    public TrashKey Key => new(RemovedAt, Entry.Id, Version);
}

public sealed record TrashKey(DateTimeOffset At, EntryId Entry, int? Version);
