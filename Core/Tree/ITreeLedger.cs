using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// Queries of the trees. They take no locks: an answer may be outdated on arrival, so the statement that makes a change decides. The ledger
/// retries for a few seconds and then throws <see cref="LedgerUnavailableException"/>.
/// </summary>
public interface ITreeLedger
{
    /// <summary>The shared space of a tenant, made at the first use.</summary>
    Task<EntryId> SharedSpaceAsync(string tenant, CancellationToken cancellationToken);

    /// <summary>The space of a user's own, made at the first use.</summary>
    Task<EntryId> OwnSpaceAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>Returns null if the caller does not see such a space.</summary>
    [Query]
    Task<Space?> SpaceAsync(Caller caller, EntryId id, CancellationToken cancellationToken);

    /// <summary>The spaces that the caller sees.</summary>
    [Query]
    Task<IReadOnlyList<Space>> SpacesAsync(Caller caller, CancellationToken cancellationToken);

    /// <summary>The spaces that each of these callers sees, in the order of the callers.</summary>
    [Query]
    Task<IReadOnlyList<IReadOnlyList<EntryId>>> SpacesAsync(IReadOnlyList<Caller> callers, CancellationToken cancellationToken);

    /// <summary>The entry at a path, or the deepest one on the way to it, and how many of the names lead there.</summary>
    [Query]
    Task<(int Depth, Entry Entry)> ResolveAsync(EntryId space, IReadOnlyList<string> names, CancellationToken cancellationToken);

    /// <summary>An entry that is live, with its path; null if the caller sees none with this id.</summary>
    [Query]
    Task<PlacedEntry?> FindAsync(Caller caller, EntryId id, CancellationToken cancellationToken);

    /// <summary>The entries at many paths below a folder, in the order of the paths; null where there is none.</summary>
    /// <param name="paths">Each has at least one name.</param>
    [Query]
    Task<IReadOnlyList<Entry?>> FindManyAsync(
        EntryId folder, IReadOnlyList<IReadOnlyList<string>> paths, CancellationToken cancellationToken);

    /// <summary>A file among these entries or below them whose current content is marked as damaged; null if there is none.</summary>
    [Query]
    Task<PlacedEntry?> FindDamagedAsync(IReadOnlyCollection<EntryId> entries, CancellationToken cancellationToken);

    /// <summary>Those of the uploads whose bytes cannot be served here: they are damaged or in another store.</summary>
    [Query]
    Task<IReadOnlySet<UploadId>> UnreadableAsync(IReadOnlyCollection<UploadId> uploads, CancellationToken cancellationToken);

    /// <summary>The entries whose current content is one of these uploads. An entry may be in the trash.</summary>
    [Query]
    Task<IReadOnlyList<Entry>> EntriesOfAsync(IReadOnlyCollection<UploadId> uploads, CancellationToken cancellationToken);

    /// <summary>Where the files lie that have an upload as their content and that the caller sees.</summary>
    [Query]
    Task<IReadOnlyList<PlacedEntry>> FilesOfAsync(Caller caller, UploadId upload, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// The entry that an upload was published as, whatever happened to it since, and the number of its version there; null if it was not
    /// published.
    /// </summary>
    [Query]
    Task<(int Version, Entry Entry)?> PublishedAsAsync(UploadId upload, CancellationToken cancellationToken);

    /// <summary>
    /// An upload that is the present content of a file that the caller sees and has this computed digest; null if there is none.
    /// </summary>
    /// <param name="size">Only content of this size; null means of any.</param>
    [Query]
    Task<UploadId?> WithContentAsync(Caller caller, Sha256Digest sha256, long? size, CancellationToken cancellationToken);

    /// <summary>The entries in one folder, in the order that the query asks for.</summary>
    [Query]
    Task<IReadOnlyList<Entry>> ListAsync(FolderQuery query, CancellationToken cancellationToken);

    /// <summary>How many entries lie in each of these folders itself.</summary>
    /// <param name="most">The count of a folder ends after so many entries.</param>
    [Query]
    Task<IReadOnlyDictionary<EntryId, FolderCount>> CountAsync(
        IReadOnlyCollection<EntryId> folders, int most, CancellationToken cancellationToken);

    /// <summary>All entries that lie in a folder itself, counted.</summary>
    [Query]
    Task<FolderTotals> TotalsAsync(EntryId folder, CancellationToken cancellationToken);

    /// <summary>What lies below a folder, with everything in its folders, counted.</summary>
    /// <param name="most">The count ends after so many entries.</param>
    [Query]
    Task<FolderBelow> CountBelowAsync(EntryId folder, int most, CancellationToken cancellationToken);

    /// <summary>The entries below a folder in tree order: a folder before what is in it. Paths begin below the folder.</summary>
    [Query]
    Task<IReadOnlyList<PlacedEntry>> WalkAsync(
        EntryId folder, IReadOnlyList<string>? after, int limit, CancellationToken cancellationToken);

    /// <summary>The entries of a space below a folder whose names contain a text, by name. Paths begin at the root.</summary>
    [Query]
    Task<SearchPage> SearchAsync(SearchQuery query, CancellationToken cancellationToken);

    /// <summary>The unfinished uploads that are bound to a folder, by id.</summary>
    [Query]
    Task<IReadOnlyList<Upload>> ArrivingAsync(EntryId folder, UploadId? after, int limit, CancellationToken cancellationToken);

    /// <summary>The changes of a space after a number, in order.</summary>
    [Query]
    Task<ChangePage> ChangesAsync(EntryId space, long after, int limit, CancellationToken cancellationToken);
}

public enum EntrySort
{
    Name = 1,
    Size,
    Modified,

    /// <summary>By name as people sort: numbers by their value, and letters whatever their case.</summary>
    Natural,
}

/// <param name="Files">Files and links.</param>
/// <param name="More">There are more entries than were counted.</param>
public sealed record FolderCount(int Files, int Folders, bool More);

/// <param name="Files">Files and links.</param>
/// <param name="Bytes">The sizes of the files.</param>
public sealed record FolderTotals(long Files, long Folders, long Bytes);

/// <param name="Files">Files and links.</param>
/// <param name="Bytes">The sizes of the files' present contents.</param>
/// <param name="More">There are more entries than were counted.</param>
public sealed record FolderBelow(long Files, long Folders, long Bytes, bool More);

public sealed record FolderQuery(EntryId Folder, int Limit)
{
    public EntrySort Sort { get; init; } = EntrySort.Name;
    public bool Descending { get; init; }
    public EntryKind? Kind { get; init; }

    /// <summary>The last entry of the page before.</summary>
    public EntryKey? After { get; init; }
}

/// <summary>Where a page ended: the value that is sorted by, and the name, which is unique in the folder.</summary>
public sealed record EntryKey(string Name, long Number);

public sealed record SearchQuery(EntryId Space, EntryId Folder, string Text, int Limit)
{
    public EntryKind? Kind { get; init; }

    /// <summary>The name and the id of the last entry of the page before.</summary>
    public (string Name, EntryId Id)? After { get; init; }

    /// <summary>How many entries a page looks at: all in the folder if it has no more, else those with such names in the space.</summary>
    public int Most { get; init; } = 10_000;
}

/// <param name="Examined">Null, or the entry after which the search goes on: the page looked at as many as it may, and is not full.</param>
public sealed record SearchPage(IReadOnlyList<PlacedEntry> Found, Entry? Examined);

/// <summary>A change of a space, with the entry as it was afterwards.</summary>
public sealed record TreeChange(long Number, DateTimeOffset At, string Kind, string Subject, Entry Entry);

/// <param name="Generation">Rises when a backup is restored.</param>
/// <param name="TrimmedTo">The number of the last change that is not kept any more.</param>
/// <param name="Sequence">The number of the space's last change.</param>
/// <param name="AfterAt">When the change was made after which the page begins; null if that one is not kept.</param>
public sealed record ChangePage(
    long Generation, long TrimmedTo, long Sequence, DateTimeOffset? AfterAt, IReadOnlyList<TreeChange> Changes);
