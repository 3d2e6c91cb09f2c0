using ChunkUpload.Core.Access;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>A path at which the sides of a pair differ, and the decision about it.</summary>
/// <param name="Kind">The kind of the conflict as a word.</param>
/// <param name="Digest">Identifies the path and both versions, so that a decision applies to nothing else.</param>
/// <param name="Left">The item on the left side; <c>null</c> if there is none.</param>
public sealed record SyncConflictItem(
    Guid Id, long Number, Guid Pair, string PairTitle, string Path, string Kind, string Digest, SyncEntry? Left, SyncEntry? Right)
{
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>The decision; <c>null</c> until the conflict is decided.</summary>
    public SyncAnswer? Answer { get; init; }

    /// <summary>Gets a value that indicates whether the pair's rule has made the decision.</summary>
    public bool ByRule { get; init; }
    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>When a scan found that the decision was carried out; <c>null</c> before.</summary>
    public DateTimeOffset? SettledAt { get; init; }
    public DateTimeOffset? TakenBackAt { get; init; }

    /// <summary>The side whose file was replaced; <c>null</c> if none was.</summary>
    public SyncSide? Replaced => (Answer, Left, Right) switch
    {
        (SyncAnswer.Apply, { IsFolder: false }, { IsFolder: false }) => SyncSide.Right,
        (SyncAnswer.Right, { IsFolder: false }, { IsFolder: false }) => SyncSide.Left,
        _ => null,
    };

    /// <summary>
    /// Gets a value that indicates whether the decision was carried out and can be undone, if the replaced content is still kept.
    /// </summary>
    public bool CanTakeBack =>
        SettledAt is not null && TakenBackAt is null && (Answer == SyncAnswer.Leave || Replaced is not null);
}

/// <summary>The conflicts of pairs as their owners see them. A user sees only their own.</summary>
public interface ISyncConflictLedger
{
    /// <summary>Returns conflicts, the newest first.</summary>
    /// <param name="pair">The pair; <c>null</c> for all pairs.</param>
    /// <param name="decided">True for decided conflicts only, false for open ones only.</param>
    Task<IReadOnlyList<SyncConflictItem>> ListAsync(
        Caller caller, Guid? pair, bool decided, long? before, int limit, CancellationToken cancellationToken);

    Task<SyncConflictItem?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken);

    /// <returns>False if either side has changed since, or the conflict has ended.</returns>
    Task<bool> DecideAsync(
        Caller caller, SyncConflictItem conflict, SyncAnswer answer, string digest, CancellationToken cancellationToken);

    /// <summary>Returns the current base of a path; <c>null</c> if it has none.</summary>
    Task<SyncBase?> BaseAsync(SyncPair pair, string path, CancellationToken cancellationToken);

    /// <param name="restored">The file whose earlier content was restored; <c>null</c> if there is none.</param>
    /// <returns>False if the decision was already undone.</returns>
    Task<bool> TakeBackAsync(
        Caller caller, SyncConflictItem conflict, SinkEntry? restored, CancellationToken cancellationToken);
}
