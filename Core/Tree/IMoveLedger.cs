using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Tree;

/// <summary>Stores the moves between spaces. Every call may be repeated.</summary>
public interface IMoveLedger
{
    /// <summary>
    /// Moves a file or a link in one transaction. For a folder it only moves the folder itself out of its space; the move then continues to
    /// its end, across restarts.
    /// </summary>
    /// <param name="id">The id of the new entry; not used if the file becomes a version of another one.</param>
    /// <param name="source">The entry; only this revision of it is moved.</param>
    /// <returns>The entry at its new place.</returns>
    Task<Result<Entry>> BeginMoveAsync(
        Caller caller, Guid move, EntryId id, Entry source, Place place, NameConflict conflict, CancellationToken cancellationToken);

    /// <summary>Returns the move of a folder, if the caller may see it.</summary>
    [Query]
    Task<FolderMove?> FindMoveAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    [Query]
    Task<IReadOnlyList<FolderMove>> OpenMovesAsync(CancellationToken cancellationToken);

    /// <param name="moved">The number of entries at the new place.</param>
    /// <param name="leftOut">The number of entries that could not be moved.</param>
    Task ReportMoveAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken);

    Task EndMoveAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken);
}

/// <summary>A folder that is moved to another space.</summary>
/// <param name="TargetSpace">Null if the target folder no longer exists.</param>
public sealed record FolderMove(
    Guid Id, string Subject, EntryId Source, EntryId Target, EntryId? TargetSpace, long Moved, long LeftOut, DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt);
