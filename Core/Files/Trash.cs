using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Files;

/// <summary>What was deleted or replaced: listed, brought back, given up.</summary>
public sealed class Trash(ITrashLedger ledger, ITreeChangeLedger changes, FileTree files, TrashPurger purger)
{
    private const int EmptyBatch = 500;

    public Task<IReadOnlyList<TrashItem>> ListAsync(EntryId space, TrashKey? after, int limit, CancellationToken cancellationToken) =>
        ledger.ListAsync(space, after, limit, cancellationToken);

    /// <summary>Brings an item back to where it lay, or to another place. An earlier content becomes the file's newest version.</summary>
    public async Task<Result<Entry>> RestoreAsync(
        Caller caller, EntryId space, EntryId id, int? version, IReadOnlyList<string>? path, NameConflict conflict,
        CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(space, id, version, cancellationToken) is not { } item)
            return TreeRefusals.NoEntry();
        Place? place = null;
        if ((path ?? (version is null ? null : item.Path)) is { } names)
        {
            var found = await files.PlaceAsync(space, names, parents: true, cancellationToken);
            if (!found.Ok)
                return found.Failure;
            place = found.Value.Place;
        }

        if (version is null)
            return await changes.RestoreAsync(space, id, place, conflict, caller.Subject, cancellationToken);
        if (place is null)
            return TreeRefusals.Of("parent_removed");
        // At its own place the earlier content replaces the present one, which goes to the trash in turn.
        var target = new FileTarget(place, path is null ? NameConflict.Replace : conflict) { Modified = item.Entry.Modified };
        return await changes.PlaceUploadAsync(
            EntryId.New(), caller.Tenant, item.Upload!.Value, PlacedUpload.Named, target, caller.Subject, cancellationToken);
    }

    public async Task<UploadFailure?> GiveUpAsync(EntryId space, EntryId id, int? version, CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(space, id, version, cancellationToken) is not { } item)
            return TreeRefusals.NoEntry();
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
