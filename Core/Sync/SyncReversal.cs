using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Work;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>
/// Undoes decisions about conflicts: restores the content on the side whose file was replaced, and the pair copies it to the other side
/// like any change. The content that it replaces is kept.
/// </summary>
public sealed class SyncReversal(
    ISyncConflictLedger conflicts, ISyncLedger syncs, SyncEnds ends, IRunningHashes hashes, WorkQueue queue)
{
    /// <returns><c>null</c> if it was undone. <see cref="FaultKind.Gone"/> if the replaced content is no longer kept.
    /// <see cref="FaultKind.Taken"/> if there is nothing to undo, or the file was changed since.</returns>
    public async Task<StorageFault?> TakeBackAsync(Caller caller, SyncConflictItem conflict, CancellationToken cancellationToken)
    {
        if (!conflict.CanTakeBack)
        {
            return Taken(
                conflict.TakenBackAt is not null ? "The decision was taken back already."
                : conflict.SettledAt is null ? "The decision is not carried out yet. Try again when the pair is in sync."
                : "Nothing was replaced, so there is nothing to take back.");
        }

        if (await syncs.FindAsync(caller, conflict.Pair, cancellationToken) is not { } pair)
            return Taken("The pair has ended.");
        SinkEntry? restored = null;
        if (conflict.Replaced is { } side)
        {
            var put = await RestoreAsync(caller, pair, conflict, side, cancellationToken);
            if (!put.Ok)
                return put.Fault;
            restored = put.Value;
        }

        if (!await conflicts.TakeBackAsync(caller, conflict, restored, cancellationToken))
            return Taken("The decision was taken back already.");
        queue.Wake();
        return null;
    }

    private async Task<Outcome<SinkEntry>> RestoreAsync(
        Caller caller, SyncPair pair, SyncConflictItem conflict, SyncSide side, CancellationToken cancellationToken)
    {
        var agreed = await conflicts.BaseAsync(pair, conflict.Path, cancellationToken);
        var (now, lost) = side == SyncSide.Left ? (agreed?.Left, conflict.Left!) : (agreed?.Right, conflict.Right!);
        if (now is not { IsFolder: false } || lost.Version is not { } version)
            return Moved;
        var opened = await ends.OpenAsync(caller, pair.Left.Connection, pair.Right.Connection, pair.Way, pair.Options, cancellationToken);
        if (!opened.Ok)
            return opened.Fault;
        using var sides = opened.Value;
        var place = pair.PlaceAt(side);
        if (await SyncLook.ProveAsync(sides.SourceAt(side), pair, place, cancellationToken) is { } unproven)
            return unproven with { Kind = FaultKind.Transient };
        var name = conflict.Path[(conflict.Path.LastIndexOf('/') + 1)..];
        var seen = new SinkEntry(now.Id, name, StorageItemKind.File) { Pin = now.Version };
        var put = sides.SinkAt(side) is IRestoringSink sink
            ? await sink.RestoreAsync(seen, version, cancellationToken)
            : await new SyncVersionCopy(sides.SourceAt(side), sides.SinkAt(side), hashes).RestoreAsync(seen, lost, cancellationToken);
        return put is { Ok: false, Fault.Kind: FaultKind.Taken } ? Moved : put;
    }

    private static StorageFault Moved => Taken("The file was changed, moved or removed since. Its earlier content is still kept.");

    private static StorageFault Taken(string sentence) => new(FaultKind.Taken, sentence);
}
