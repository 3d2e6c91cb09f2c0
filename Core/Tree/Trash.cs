using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Tree;

/// <summary>Lists, restores and purges deleted and replaced entries.</summary>
public sealed class Trash(ITrashLedger ledger, ITreeChangeLedger changes, FileTree files, TrashPurger purger, Admission admission)
{
    private const int EmptyBatch = 500;

    public Task<IReadOnlyList<TrashItem>> ListAsync(EntryId space, TrashKey? after, int limit, CancellationToken cancellationToken) =>
        ledger.ListAsync(space, after, limit, cancellationToken);

    public async Task<Result<TrashItem>> FindAsync(EntryId space, EntryId id, int? version, CancellationToken cancellationToken) =>
        await ledger.FindAsync(space, id, version, cancellationToken) is { } item ? item : TreeRefusals.NotInTrash();

    /// <summary>
    /// Restores an item to its former place or to another one, and creates missing folders. An earlier content becomes the newest one of
    /// its file, or a new file.
    /// </summary>
    public async Task<Result<PlacedEntry>> RestoreAsync(
        Caller caller, TrashItem item, IReadOnlyList<string>? path, NameConflict conflict, CancellationToken cancellationToken)
    {
        if ((path ?? item.Path) is not { } names)
            return TreeRefusals.ParentGone();
        var entry = item.Entry;
        if (path is not null && admission.RefuseName(caller, entry, names[^1]) is { } refusal)
            return refusal;
        Place? place = null;
        if (path is not null)
        {
            var found = await files.PlaceAsync(entry.Space, path, parents: true, cancellationToken);
            if (!found.Ok)
                return found.Failure;
            place = found.Value.Place;
        }

        Result<Entry> restored;
        if (item.Version is null)
        {
            restored = await changes.RestoreAsync(entry.Space, entry.Id, place, conflict, caller.Subject, cancellationToken);
        }
        else
        {
            // At its own place, the earlier content replaces the current one, which is moved to the trash.
            var target = place is null
                ? new FileTarget(new Place(entry.Space, entry.Parent!.Value, [entry.Name]), NameConflict.Replace) { Into = entry.Id }
                : new FileTarget(place, conflict);
            restored = await changes.PlaceUploadAsync(
                caller, EntryId.New(), item.Upload!.Value, PlacedUpload.Named, target with { Modified = item.Modified }, cancellationToken);
        }

        return restored.Ok ? new PlacedEntry([.. names.SkipLast(1), restored.Value.Name], restored.Value) : restored.Failure;
    }

    public async Task EndAsync(TrashItem item, CancellationToken cancellationToken)
    {
        await ledger.EmptyAsync(item.Entry.Space, item.Key, EmptyBatch, cancellationToken);
        purger.Wake();
    }

    public async Task<long> EmptyAsync(EntryId space, CancellationToken cancellationToken)
    {
        long total = 0;
        while (true)
        {
            var count = await ledger.EmptyAsync(space, null, EmptyBatch, cancellationToken);
            total += count;
            if (count < EmptyBatch)
                break;
        }

        purger.Wake();
        return total;
    }
}
