using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// Changes of the trees. Every call is one transaction that holds this incarnation FOR SHARE, locks the space, and finally assigns the
/// numbers of its changes. A call may be repeated with the same arguments and then changes nothing more (E10), because the caller provides
/// the id of a new entry. An expected failure changes nothing.
/// </summary>
public interface ITreeChangeLedger
{
    /// <summary>Creates a folder, or a link if there is a target, with missing parent folders. An existing folder is returned.</summary>
    Task<Result<Entry>> MakeAsync(EntryId id, NewEntry entry, CancellationToken cancellationToken);

    Task<Result<Entry>> ChangeAsync(EntryId space, EntryId id, EntryChange change, CancellationToken cancellationToken);

    /// <summary>
    /// Moves an entry within its space to a name that another entry may have. A file that replaces a file becomes a new version of it,
    /// unless the moved file has a link or earlier contents. Otherwise the replaced entry is moved to the trash.
    /// </summary>
    /// <param name="overwrite">Whether another entry may have the name.</param>
    Task<Result<MovedEntry>> MoveOverAsync(
        Entry entry, Place place, bool overwrite, string subject, CancellationToken cancellationToken);

    Task<Result<Entry>> RemoveAsync(EntryId space, EntryId id, long? revision, string subject, CancellationToken cancellationToken);

    /// <summary>Removes an entry for a WebDAV request.</summary>
    Task<Result<Entry>> RemoveAsync(
        Entry entry, long? revision, string subject, ChangeGuard guard, CancellationToken cancellationToken);

    /// <param name="place">The place; null for its former place.</param>
    Task<Result<Entry>> RestoreAsync(
        EntryId space, EntryId id, Place? place, NameConflict conflict, string subject, CancellationToken cancellationToken);

    /// <summary>Publishes a completed upload at a place.</summary>
    Task<Result<Entry>> PlaceUploadAsync(
        Caller caller, EntryId id, UploadId upload, PlacedUpload kind, FileTarget target, CancellationToken cancellationToken);

    /// <summary>
    /// Copies entries into folders of one space. Leaves out entries that were removed in the meantime, or whose names are taken.
    /// </summary>
    /// <param name="moves">Whether this is part of a move, for which the limits were already checked.</param>
    /// <returns>The number of existing copies, including those of an earlier call.</returns>
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

    /// <summary>It is the current content of a file that can be read now.</summary>
    Live,
}

/// <param name="LinkTarget">Null for a folder.</param>
public sealed record NewEntry(Place Place, NameConflict Conflict, NanoTime? Modified, int? Mode, string? LinkTarget, string Subject)
{
    /// <summary>The entry of which it is a copy, for its properties, the limits and the audit log.</summary>
    public EntryId? CopyOf { get; init; }

    /// <summary>Gets a value that indicates whether it is a copy of a folder without its contents.</summary>
    public bool Alone { get; init; }
}

/// <param name="Place">The new place; null to keep it.</param>
/// <param name="Revision">Only this revision of the entry is changed.</param>
public sealed record EntryChange(
    Place? Place, NameConflict Conflict, NanoTime? Modified, int? Mode, long? Revision, string Subject);

/// <param name="Id">The id of the copy.</param>
public sealed record EntryCopy(EntryId Source, EntryId Id, EntryId Parent, string Name);

public sealed record CopiedEntries(long Count);

/// <param name="Entry">The entry at the new place.</param>
/// <param name="Replaced">Whether another entry was replaced.</param>
public sealed record MovedEntry(Entry Entry, bool Replaced);
