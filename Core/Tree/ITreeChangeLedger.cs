using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// Changes of the trees. Every call is one transaction that holds this incarnation FOR SHARE, locks the space, and ends by taking the next
/// numbers of its changes. A call may be repeated with the same arguments and then changes nothing more (E10): the caller gives the id of a
/// new entry. An expected failure changes nothing.
/// </summary>
public interface ITreeChangeLedger
{
    /// <summary>Makes a folder, or a link if there is a target, with the folders on the way. A folder that is there is returned.</summary>
    Task<Result<Entry>> MakeAsync(EntryId id, NewEntry entry, CancellationToken cancellationToken);

    Task<Result<Entry>> ChangeAsync(EntryId space, EntryId id, EntryChange change, CancellationToken cancellationToken);

    /// <summary>
    /// Moves an entry within its space to a name that another entry may have. A file onto a file becomes a new version of that file, unless
    /// it has a link or an earlier content of its own; what it replaces otherwise goes to the trash whole.
    /// </summary>
    /// <param name="overwrite">Whether another entry may have the name.</param>
    Task<Result<MovedEntry>> MoveOverAsync(
        Entry entry, Place place, bool overwrite, string subject, CancellationToken cancellationToken);

    Task<Result<Entry>> RemoveAsync(EntryId space, EntryId id, long? revision, string subject, CancellationToken cancellationToken);

    /// <summary>The same for a request of WebDAV.</summary>
    Task<Result<Entry>> RemoveAsync(
        Entry entry, long? revision, string subject, ChangeGuard guard, CancellationToken cancellationToken);

    /// <param name="place">Null means where it lay.</param>
    Task<Result<Entry>> RestoreAsync(
        EntryId space, EntryId id, Place? place, NameConflict conflict, string subject, CancellationToken cancellationToken);

    /// <summary>Gives a completed upload a place.</summary>
    Task<Result<Entry>> PlaceUploadAsync(
        Caller caller, EntryId id, UploadId upload, PlacedUpload kind, FileTarget target, CancellationToken cancellationToken);

    /// <summary>
    /// Copies entries into folders of one space. Leaves out entries that were removed meanwhile, or whose names are taken.
    /// </summary>
    /// <param name="moves">Whether this is part of a move: then the limits were checked for all copies before.</param>
    /// <returns>How many of the copies there are now, also those of an earlier call.</returns>
    Task<Result<CopiedEntries>> CopyAsync(
        EntryId space, IReadOnlyCollection<EntryCopy> copies, string subject, bool moves, CancellationToken cancellationToken);
}

/// <summary>The condition on an upload that is given a place in a tree.</summary>
public enum PlacedUpload
{
    /// <summary>It has no place yet.</summary>
    Unfiled = 1,

    /// <summary>A version names it, also one in the trash.</summary>
    Named,

    /// <summary>A file that can be read at this moment has it as its present content.</summary>
    Live,
}

/// <param name="LinkTarget">Null for a folder.</param>
public sealed record NewEntry(Place Place, NameConflict Conflict, NanoTime? Modified, int? Mode, string? LinkTarget, string Subject)
{
    /// <summary>The entry of which it is a copy: for its properties, the limits and the audit.</summary>
    public EntryId? CopyOf { get; init; }

    /// <summary>Gets a value that indicates whether it is a copy of a folder without what is in it.</summary>
    public bool Alone { get; init; }
}

/// <param name="Place">Null means it stays where it is.</param>
/// <param name="Revision">Only this revision of the entry is changed.</param>
public sealed record EntryChange(
    Place? Place, NameConflict Conflict, NanoTime? Modified, int? Mode, long? Revision, string Subject);

/// <param name="Id">The copy's.</param>
public sealed record EntryCopy(EntryId Source, EntryId Id, EntryId Parent, string Name);

public sealed record CopiedEntries(long Count);

/// <param name="Entry">The entry at the new place.</param>
/// <param name="Replaced">Whether another entry was there.</param>
public sealed record MovedEntry(Entry Entry, bool Replaced);
