using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Files;

/// <summary>The moves of folders between spaces. Every call may be repeated.</summary>
public interface IMoveLedger
{
    /// <summary>Takes the folder out of its space. From then on the move goes on until it ends, over all restarts.</summary>
    /// <param name="revision">Only this revision of the folder is moved.</param>
    /// <param name="target">The folder of the other space that gets what is in it.</param>
    Task<Result<Entry>> BeginAsync(
        Caller caller, Guid id, Entry folder, long? revision, EntryId target, CancellationToken cancellationToken);

    /// <summary>A move that the caller may see.</summary>
    Task<FolderMove?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    Task<IReadOnlyList<FolderMove>> OpenAsync(CancellationToken cancellationToken);

    /// <param name="moved">How many entries there are at the new place.</param>
    /// <param name="leftOut">How many could not be moved.</param>
    Task ReportAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken);

    Task EndAsync(Guid id, long moved, long leftOut, CancellationToken cancellationToken);
}

/// <summary>A folder that is moved to another space.</summary>
/// <param name="TargetSpace">Null if the folder there is not there any more.</param>
public sealed record FolderMove(
    Guid Id, string Subject, EntryId Source, EntryId Target, EntryId? TargetSpace, long Moved, long LeftOut, DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt);
