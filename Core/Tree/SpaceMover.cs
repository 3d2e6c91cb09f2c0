using System.Security.Cryptography;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Tree;

/// <summary>
/// Moves entries to another space. A file is moved immediately. A folder is first removed from its space, so that its contents no longer
/// change. Then a job, which continues after a restart, creates its entries at the new place, a batch at a time. The original stays in the
/// trash of its space, so that entries that cannot be moved can be restored.
/// </summary>
public sealed class SpaceMover(FileTree tree, IMoveLedger ledger, Admission admission)
{
    public async Task<Result<BegunMove>> BeginAsync(
        Caller caller, Entry entry, Place place, NameConflict conflict, CancellationToken cancellationToken)
    {
        if (entry.Parent is null)
            return TreeRefusals.Of("root");
        if (entry.Space == place.Space)
        {
            var change = new EntryChange(place, conflict, null, null, entry.Revision, caller.Subject);
            var changed = await tree.ChangeAsync(caller, entry, change, cancellationToken);
            return changed.Ok ? new BegunMove(changed.Value, null) : changed.Failure;
        }

        if (admission.RefuseName(caller, entry, place.Name) is { } refusal)
            return refusal;
        var (move, id) = (Guid.NewGuid(), EntryId.New());
        var moved = await tree.ClearingAsync(
            () => ledger.BeginMoveAsync(caller, move, id, entry, place, conflict, cancellationToken));
        return moved.Ok
            ? new BegunMove(moved.Value, entry.Kind == EntryKind.Folder ? move : null) { Replaced = moved.Value.Id != id }
            : moved.Failure;
    }

    /// <summary>Moves the contents of a folder. A repeated run finds entries that an earlier run has moved.</summary>
    public async Task<FolderMove> RunAsync(FolderMove move, Action<long> report, CancellationToken cancellationToken)
    {
        long moved = 0, leftOut = 0;
        if (move.TargetSpace is { } space)
        {
            var pages = tree.CopyContentAsync(
                move.Subject, move.Source, space, move.Target, source => CopyOf(move.Id, source), began: null, cancellationToken);
            await foreach (var (asked, found) in pages)
            {
                // The space may have been removed in the meantime.
                var there = found.Ok ? found.Value.Count : 0;
                moved += there;
                leftOut += asked - there;
                await ledger.ReportMoveAsync(move.Id, moved, leftOut, cancellationToken);
                report(moved);
            }
        }
        else
        {
            // The target folder was removed and freed in the meantime.
            leftOut = 1;
        }

        await ledger.EndMoveAsync(move.Id, moved, leftOut, cancellationToken);
        return move with { Moved = moved, LeftOut = leftOut };
    }

    // Derived, so that a repeated run gives a copy the same id.
    private static EntryId CopyOf(Guid move, EntryId source)
    {
        Span<byte> both = stackalloc byte[32];
        move.TryWriteBytes(both);
        source.Value.TryWriteBytes(both[16..]);
        return new EntryId(new Guid(SHA256.HashData(both).AsSpan(0, 16)));
    }
}

/// <param name="Entry">The entry at the new place.</param>
/// <param name="Move">Null if nothing is left to do.</param>
public sealed record BegunMove(Entry Entry, Guid? Move)
{
    /// <summary>Gets a value that indicates whether the entry became a new version of a file in another space.</summary>
    public bool Replaced { get; init; }
}
