using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Files;

/// <summary>What was deleted or replaced: listed, brought back, given up.</summary>
public sealed class Trash(ITrashLedger ledger, ITreeChangeLedger changes, FileTree files, TrashPurger purger, Admission admission)
{
    private const int EmptyBatch = 500;

    public Task<IReadOnlyList<TrashItem>> ListAsync(EntryId space, TrashKey? after, int limit, CancellationToken cancellationToken) =>
        ledger.ListAsync(space, after, limit, cancellationToken);

    /// <summary>
    /// Brings an item back to where it lay, or to another place, with the folders on the way. An earlier content becomes the newest one of
    /// its file, or another file.
    /// </summary>
    public async Task<Result<PlacedEntry>> RestoreAsync(
        Caller caller, EntryId space, EntryId id, int? version, IReadOnlyList<string>? path, NameConflict conflict,
        CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(space, id, version, cancellationToken) is not { } item)
            return TreeRefusals.NotInTrash();
        if ((path ?? item.Path) is not { } names)
            return TreeRefusals.ParentGone();
        if (path is not null && admission.RefuseName(caller, item.Entry, names[^1]) is { } refusal)
            return refusal;
        Place? place = null;
        if (path is not null || version is not null)
        {
            var found = await files.PlaceAsync(space, names, parents: true, cancellationToken);
            if (!found.Ok)
                return found.Failure;
            place = found.Value.Place;
        }

        Result<Entry> restored;
        if (version is null)
        {
            restored = await changes.RestoreAsync(space, id, place, conflict, caller.Subject, cancellationToken);
        }
        else
        {
            // At its own place the earlier content replaces the present one, which goes to the trash in turn.
            var target = new FileTarget(place!, path is null ? NameConflict.Replace : conflict) { Modified = item.Modified };
            restored = await changes.PlaceUploadAsync(
                    caller, EntryId.New(), item.Upload!.Value, PlacedUpload.Named, target, cancellationToken);
        }

        return restored.Ok ? new PlacedEntry([.. names.SkipLast(1), restored.Value.Name], restored.Value) : restored.Failure;
    }

    public async Task<UploadFailure?> GiveUpAsync(EntryId space, EntryId id, int? version, CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(space, id, version, cancellationToken) is not { } item)
            return TreeRefusals.NotInTrash();
        await ledger.EmptyAsync(space, item.Key, EmptyBatch, cancellationToken);
        purger.Wake();
        return null;
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
