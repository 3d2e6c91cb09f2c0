using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Tree;

/// <summary>The moves between spaces. Every call may be repeated.</summary>
public interface IMoveLedger
{
    /// <summary>
    /// Moves a file or a link in one transaction. Of a folder it moves the folder alone: the folder leaves its space, and from then on the
    /// move continues to its end, across restarts.
    /// </summary>
    /// <param name="id">The id of the new entry; not used if the file becomes a version of another one.</param>
    /// <param name="source">Only this revision of it is moved.</param>
    /// <returns>The entry at its new place.</returns>
    Task<Result<Entry>> BeginMoveAsync(
        Caller caller, Guid move, EntryId id, Entry source, Place place, NameConflict conflict, CancellationToken cancellationToken);

    /// <summary>A move of a folder that the caller may see.</summary>
    [Query]
    Task<FolderMove?> FindMoveAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    [Query]
    Task<IReadOnlyList<FolderMove>> OpenMovesAsync(CancellationToken cancellationToken);

    /// <param name="moved">How many entries there are at the new place.</param>
    /// <param name="leftOut">How many could not be moved.</param>
    Task ReportMoveAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken);

    Task EndMoveAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken);
}

/// <summary>A folder that is moved to another space.</summary>
/// <param name="TargetSpace">Null if the target folder does not exist any more.</param>
public sealed record FolderMove(
    Guid Id, string Subject, EntryId Source, EntryId Target, EntryId? TargetSpace, long Moved, long LeftOut, DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt);
