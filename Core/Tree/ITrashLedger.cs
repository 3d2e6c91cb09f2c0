using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Tree;

/// <summary>Stores deleted and replaced entries until they are freed.</summary>
public interface ITrashLedger
{
    /// <summary>Returns the items in the trash of a space, the newest first.</summary>
    [Storage.Query]
    Task<IReadOnlyList<TrashItem>> ListAsync(EntryId space, TrashKey? after, int limit, CancellationToken cancellationToken);

    /// <summary>Returns one item; null if it is not in the trash.</summary>
    [Storage.Query]
    Task<TrashItem?> FindAsync(EntryId space, EntryId entry, int? version, CancellationToken cancellationToken);

    /// <summary>Marks one item, or everything, for removal; <see cref="PurgeAsync"/> frees it.</summary>
    /// <returns>The number of marked rows, at most <paramref name="limit"/>.</returns>
    Task<int> EmptyAsync(EntryId space, TrashKey? item, int limit, CancellationToken cancellationToken);

    /// <summary>Frees a batch of items that were marked or have expired.</summary>
    /// <returns>The uploads that are no longer the content of a file; null if there was nothing to do.</returns>
    Task<IReadOnlyList<PurgedUpload>?> PurgeAsync(int limit, TimeSpan keep, CancellationToken cancellationToken);
}

/// <summary>A removed entry, or an earlier content of a file.</summary>
/// <param name="Version">The number of the earlier content; null for a removed entry.</param>
/// <param name="Path">Its former path; null if a folder of the path no longer exists.</param>
public sealed record TrashItem(
    Entry Entry, int? Version, UploadId? Upload, long? Size, NanoTime Modified, DateTimeOffset RemovedAt, string RemovedBy,
    IReadOnlyList<string>? Path)
{
    public TrashKey Key => new(RemovedAt, Entry.Id, Version);
}

public sealed record TrashKey(DateTimeOffset At, EntryId Entry, int? Version);
