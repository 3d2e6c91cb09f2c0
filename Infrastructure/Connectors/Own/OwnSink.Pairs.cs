using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Infrastructure.Connectors.Own;

/// <summary>The right side of a pair: removed files are in the trash, and replaced ones are earlier versions.</summary>
internal sealed partial class OwnSink
{
    private const int VersionsAtOnce = 100;

    private static StorageFault NotKept => new(FaultKind.Gone, "The file does not have this earlier version any more.");

    private static StorageFault Other => new(FaultKind.Taken, "Another item has this name now.");

    public async Task<StorageFault?> RemoveAsync(SinkEntry seen, CancellationToken cancellationToken)
    {
        var found = await SeenAsync(seen, cancellationToken);
        if (!found.Ok)
            return found.Fault.Kind == FaultKind.Gone ? null : found.Fault;
        var entry = found.Value.Entry;
        if (entry.Kind == EntryKind.Folder && (await entries.ListAsync(new FolderQuery(entry.Id, 1), cancellationToken)).Count > 0)
            return Other;
        var removed = await tree.RemoveAsync(owner, entry, entry.Revision, cancellationToken);
        return removed.Ok ? null : OtherOr(removed.Failure);
    }

    public async Task<Outcome<SinkEntry>> MoveAsync(SinkEntry seen, string folder, string name, CancellationToken cancellationToken)
    {
        var parent = await FolderAsync(folder, cancellationToken);
        if (!parent.Ok)
            return parent.Fault;
        var found = await SeenAsync(seen, cancellationToken);
        if (!found.Ok)
            return found.Fault;
        var entry = found.Value.Entry;
        var place = new Place(parent.Value.Entry.Space, parent.Value.Entry.Id, [name]);
        var change = new EntryChange(place, NameConflict.Fail, null, null, entry.Revision, owner.Subject);
        var moved = await tree.ChangeAsync(owner, entry, change, cancellationToken);
        return moved.Ok ? EntryOf(moved.Value) : OtherOr(moved.Failure);
    }

    public async Task<Outcome<SinkEntry>> RestoreAsync(SinkEntry seen, string version, CancellationToken cancellationToken)
    {
        var found = await SeenAsync(seen, cancellationToken);
        if (!found.Ok)
            return found.Fault.Kind == FaultKind.Gone ? Other : found.Fault;
        var entry = found.Value.Entry;
        for (int? before = null; ;)
        {
            var page = await versions.ListAsync(entry, before, VersionsAtOnce, cancellationToken);
            if (page.FirstOrDefault(one => one.ReplacedAt is not null && one.Upload.ToString() == version) is { } earlier)
            {
                var restored = await versions.RestoreAsync(owner, entry, earlier.Number, entry.Revision, cancellationToken);
                return restored.Ok ? EntryOf(restored.Value)
                    : restored.Failure.Error == UploadError.NoEntry ? NotKept
                    : OtherOr(restored.Failure);
            }

            if (page.Count < VersionsAtOnce)
                return NotKept;
            before = page[^1].Number;
        }
    }

    /// <summary>Returns the entry, if the owner may change it now and it is unchanged.</summary>
    private async Task<Outcome<PlacedEntry>> SeenAsync(SinkEntry seen, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
            return refusal;
        if (!EntryId.TryParse(seen.Id, out var id))
            return Gone();
        var found = await tree.FindAsync(owner, id, change: true, cancellationToken);
        if (!found.Ok)
            return FaultOf(found.Failure);
        var entry = found.Value.Entry;
        return seen.Kind == StorageItemKind.Folder == (entry.Kind == EntryKind.Folder) && entry.Upload?.ToString() == seen.Pin
            ? found.Value
            : Other;
    }

    private static StorageFault OtherOr(UploadFailure failure) =>
        failure.Error is UploadError.NameTaken or UploadError.EntryChanged or UploadError.NoEntry ? Other : FaultOf(failure);
}
