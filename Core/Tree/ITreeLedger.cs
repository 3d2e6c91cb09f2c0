using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// Queries of the trees. They use no locks, so a result may already be outdated; the statement that makes a change decides. The ledger
/// retries for a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface ITreeLedger
{
    /// <summary>Returns the shared space of a tenant, which is created at the first use.</summary>
    Task<EntryId> SharedSpaceAsync(string tenant, CancellationToken cancellationToken);

    /// <summary>Returns the user's own space, which is created at the first use.</summary>
    Task<EntryId> OwnSpaceAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Returns a space; null if the caller does not see it.</summary>
    [Query]
    Task<Space?> SpaceAsync(Caller caller, EntryId id, CancellationToken cancellationToken);

    /// <summary>Returns the spaces that the caller sees.</summary>
    [Query]
    Task<IReadOnlyList<Space>> SpacesAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Returns the spaces that each of these callers sees, in the order of the callers.</summary>
    [Query]
    Task<IReadOnlyList<IReadOnlyList<EntryId>>> SpacesAsync(IReadOnlyList<Caller> callers, CancellationToken cancellationToken);

    /// <summary>Returns the entry at a path, or the deepest existing one of the path, and the number of its names.</summary>
    [Query]
    Task<(int Depth, Entry Entry)> ResolveAsync(EntryId space, IReadOnlyList<string> names, CancellationToken cancellationToken);

    /// <summary>Returns a live entry with its path; null if the caller sees none with this id.</summary>
    [Query]
    Task<PlacedEntry?> FindAsync(Caller caller, EntryId id, CancellationToken cancellationToken);

    /// <summary>Returns the entries at many paths below a folder, in the order of the paths; null for paths without an entry.</summary>
    /// <param name="paths">Each has at least one name.</param>
    [Query]
    Task<IReadOnlyList<Entry?>> FindManyAsync(
        EntryId folder, IReadOnlyList<IReadOnlyList<string>> paths, CancellationToken cancellationToken);

    /// <summary>Returns a file among these entries or below them whose current content is marked as damaged, or null.</summary>
    [Query]
    Task<PlacedEntry?> FindDamagedAsync(IReadOnlyCollection<EntryId> entries, CancellationToken cancellationToken);

    /// <summary>Returns the uploads whose bytes cannot be served here, because they are damaged or in another store.</summary>
    [Query]
    Task<IReadOnlySet<UploadId>> UnreadableAsync(IReadOnlyCollection<UploadId> uploads, CancellationToken cancellationToken);

    /// <summary>Returns the entries whose current content is one of these uploads. An entry may be in the trash.</summary>
    [Query]
    Task<IReadOnlyList<Entry>> EntriesOfAsync(IReadOnlyCollection<UploadId> uploads, CancellationToken cancellationToken);

    /// <summary>Returns the places of the files that have an upload as their content and that the caller sees.</summary>
    [Query]
    Task<IReadOnlyList<PlacedEntry>> FilesOfAsync(Caller caller, UploadId upload, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the entry that an upload was published as, even if it was changed since, and its version number; null if it was not
    /// published.
    /// </summary>
    [Query]
    Task<(int Version, Entry Entry)?> PublishedAsAsync(UploadId upload, CancellationToken cancellationToken);

    /// <summary>
    /// Returns an upload with this computed digest that is the current content of a file that the caller sees, or null.
    /// </summary>
    /// <param name="size">Only content of this size; null for any size.</param>
    [Query]
    Task<UploadId?> WithContentAsync(Caller caller, Sha256Digest sha256, long? size, CancellationToken cancellationToken);

    /// <summary>Returns the entries in one folder, in the order of the query.</summary>
    [Query]
    Task<IReadOnlyList<Entry>> ListAsync(FolderQuery query, CancellationToken cancellationToken);

    /// <summary>Returns the number of direct entries of each of these folders.</summary>
    /// <param name="most">The number at which counting a folder stops.</param>
    [Query]
    Task<IReadOnlyDictionary<EntryId, FolderCount>> CountAsync(
        IReadOnlyCollection<EntryId> folders, int most, CancellationToken cancellationToken);

    /// <summary>Returns the totals of the direct entries of a folder.</summary>
    [Query]
    Task<FolderTotals> TotalsAsync(EntryId folder, CancellationToken cancellationToken);

    /// <summary>Returns the totals of all entries below a folder.</summary>
    /// <param name="most">The number at which counting stops.</param>
    [Query]
    Task<FolderBelow> CountBelowAsync(EntryId folder, int most, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the entries below a folder in tree order: a folder comes before its contents. Paths begin below the folder.
    /// </summary>
    [Query]
    Task<IReadOnlyList<PlacedEntry>> WalkAsync(
        EntryId folder, IReadOnlyList<string>? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the entries below a folder whose names contain a text, ordered by name. Paths begin at the root of the space.
    /// </summary>
    [Query]
    Task<SearchPage> SearchAsync(SearchQuery query, CancellationToken cancellationToken);

    /// <summary>Returns the unfinished uploads that are bound to a folder, by id.</summary>
    [Query]
    Task<IReadOnlyList<Upload>> ArrivingAsync(EntryId folder, UploadId? after, int limit, CancellationToken cancellationToken);

    /// <summary>Returns the changes of a space after a number, in order.</summary>
    [Query]
    Task<ChangePage> ChangesAsync(EntryId space, long after, int limit, CancellationToken cancellationToken);
}

public enum EntrySort
{
    Name = 1,
    Size,
    Modified,

    /// <summary>By name in natural order: numbers by their value, and letters regardless of case.</summary>
    Natural,
}

/// <param name="Files">Files and links.</param>
/// <param name="More">There are more entries than were counted.</param>
public sealed record FolderCount(int Files, int Folders, bool More);

/// <param name="Files">Files and links.</param>
/// <param name="Bytes">The sizes of the files.</param>
public sealed record FolderTotals(long Files, long Folders, long Bytes);

/// <param name="Files">Files and links.</param>
/// <param name="Bytes">The sizes of the files' current contents.</param>
/// <param name="More">There are more entries than were counted.</param>
public sealed record FolderBelow(long Files, long Folders, long Bytes, bool More);

public sealed record FolderQuery(EntryId Folder, int Limit)
{
    public EntrySort Sort { get; init; } = EntrySort.Name;
    public bool Descending { get; init; }
    public EntryKind? Kind { get; init; }

    /// <summary>The last entry of the previous page.</summary>
    public EntryKey? After { get; init; }
}

/// <summary>The end of a page: the sort value, and the name, which is unique in the folder.</summary>
public sealed record EntryKey(string Name, long Number);

public sealed record SearchQuery(EntryId Space, EntryId Folder, string Text, int Limit)
{
    public EntryKind? Kind { get; init; }

    /// <summary>The name and the id of the last entry of the previous page.</summary>
    public (string Name, EntryId Id)? After { get; init; }

    /// <summary>
    /// The maximum number of entries that a page examines: all in the folder if there are no more, otherwise those with matching names in
    /// the space.
    /// </summary>
    public int Most { get; init; } = 10_000;
}

/// <param name="Examined">The entry after which the search continues if the page has reached the limit of examined entries without being
/// full; otherwise null.</param>
public sealed record SearchPage(IReadOnlyList<PlacedEntry> Found, Entry? Examined);

/// <summary>A change of a space, with the entry as it was afterwards.</summary>
public sealed record TreeChange(long Number, DateTimeOffset At, string Kind, string Subject, Entry Entry);

/// <param name="Generation">A number that increases when a backup is restored.</param>
/// <param name="TrimmedTo">The number of the last change that is no longer kept.</param>
/// <param name="Sequence">The number of the space's last change.</param>
/// <param name="AfterAt">When the change before the page was made; null if it is no longer kept.</param>
public sealed record ChangePage(
    long Generation, long TrimmedTo, long Sequence, DateTimeOffset? AfterAt, IReadOnlyList<TreeChange> Changes);
