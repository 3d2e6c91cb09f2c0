using ChunkUpload.Core.Connections;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>
/// Runs the steps of a plan that copy no bytes: creates folders, moves and removes items. If it is killed, the next scan finds the result:
/// items on both sides are added to the base, and items on neither side are removed from it.
/// </summary>
internal sealed class SyncSteps(SyncPair pair, OpenPair sides, SyncFound found, SyncRecords records, IArrivalLedger trees)
{
    private const int SavedAtOnce = 20;

    private readonly Dictionary<(SyncSide At, string Path), string> _folders = [];

    /// <summary>The first failure that concerns more than one item.</summary>
    public StorageFault? Fault { get; private set; }

    /// <summary>The items that a storage refused, by path.</summary>
    public List<(string Path, string Sentence)> Refused { get; } = [];

    public void Adopt()
    {
        foreach (var action in found.Plan.Actions)
        {
            if (action.Kind == SyncActionKind.Adopt)
                records.Agreed[action.Path] = new SyncBase(Known(action.Left!, action.Right!), Known(action.Right!, action.Left!));
            else if (action.Kind == SyncActionKind.Forget)
                records.Gone.Add(action.Path);
        }
    }

    public async Task MakeFoldersAsync(CancellationToken cancellationToken)
    {
        foreach (var action in found.Plan.Actions.Where(action => action.Kind == SyncActionKind.MakeFolder))
        {
            if (Fault is not null || FolderOf(action.At, action.Path) is not { } parent)
                continue;
            var sink = sides.SinkAt(action.At);
            var name = NameOf(action.Path);
            var there = await sink.FindAsync(parent, name, cancellationToken);
            var made = !there.Ok ? there.Fault
                : there.Value.Count > 0 || sink.Traits.NameOf(name) != name ? Taken
                : await sink.MakeFolderAsync(parent, name, null, cancellationToken);
            if (!made.Ok)
            {
                Failed(action, made.Fault);
                continue;
            }

            // Another entry got the name in the meantime, so the folder has a different name.
            if (made.Value.Name != name)
            {
                _ = await sink.RemoveAsync(made.Value, cancellationToken);
                continue;
            }

            _folders[(action.At, action.Path)] = made.Value.Id;
            var folder = new SyncEntry(made.Value.Id, true);
            records.Agreed[action.Path] = action.At == SyncSide.Right
                ? new SyncBase(action.Left!, folder)
                : new SyncBase(folder, action.Right!);
        }
    }

    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        foreach (var action in found.Plan.Actions.Where(action => action.Kind == SyncActionKind.Move))
        {
            if (await MoveAsync(action, cancellationToken) is not { } moved)
                continue;
            var before = found.Bases.ByPath[action.From!];
            records.Gone.Add(action.From!);
            records.Agreed[action.Path] = action.At == SyncSide.Right
                ? before with { Right = before.Right! with { Id = moved.Id, Version = moved.Pin } }
                : before with { Left = before.Left with { Id = moved.Id, Version = moved.Pin } };
        }
    }

    /// <param name="renames">After these renames each name is new on one side, and the next scan copies it.</param>
    public async Task RenameAsync(IReadOnlyList<SyncAction> renames, CancellationToken cancellationToken)
    {
        foreach (var action in renames)
        {
            if (await MoveAsync(action, cancellationToken) is not null)
                records.Gone.Add(action.From!);
        }
    }

    private async Task<SinkEntry?> MoveAsync(SyncAction action, CancellationToken cancellationToken)
    {
        if (Fault is not null || FolderOf(action.At, action.Path) is not { } folder)
            return null;
        var item = EntryOf(ItemOf(action), action.From!);
        var moved = await sides.SinkAt(action.At).MoveAsync(item, folder, NameOf(action.Path), cancellationToken);
        if (!moved.Ok)
        {
            Failed(action, moved.Fault);
            return null;
        }

        records.Events.Add(("moved", action.Path, $"from {action.From}", action.At));
        return moved.Value;
    }

    /// <param name="removals">The removals that two scans have found and the limit permits.</param>
    /// <param name="decided">The items that the owner has decided to remove.</param>
    /// <param name="save">Records a part of the removals, so that they are counted even if the rest is not done.</param>
    /// <returns>False if they can no longer be recorded.</returns>
    public async Task<bool> RemoveAsync(
        IReadOnlyList<SyncAction> removals, IReadOnlyList<SyncAction> decided, Func<SyncRecords, Task<bool>> save,
        CancellationToken cancellationToken)
    {
        var part = new SyncRecords();
        foreach (var (index, action) in removals.Concat(decided).Index())
        {
            if (Fault is not null)
                break;
            if (index < removals.Count && !await IsGoneAsync(action, cancellationToken))
                continue;
            var fault = await sides.SinkAt(action.At).RemoveAsync(EntryOf(ItemOf(action), action.Path), cancellationToken);
            if (fault is not null)
            {
                Failed(action, fault);
                continue;
            }

            records.Gone.Add(action.Path);
            part.Gone.Add(action.Path);
            part.Events.Add(("removed", action.Path, null, action.At));
            if (part.Gone.Count < SavedAtOnce)
                continue;
            part.Missing.AddRange(removals.Skip(index + 1).Select(next => next.Path));
            if (!await save(part))
                return false;
            part = new SyncRecords();
        }

        records.Events.AddRange(part.Events);
        return true;
    }

    /// <summary>
    /// Queries the item itself at the other side. A listing may be incomplete, and an item that is moved meanwhile may be on none of its
    /// pages.
    /// </summary>
    private async Task<bool> IsGoneAsync(SyncAction removal, CancellationToken cancellationToken)
    {
        var other = OtherOf(removal.At);
        // An item that was replaced by one of the other kind is in the listing.
        if (found.At(other).ContainsKey(removal.Path))
            return true;
        // An item that is not in the base was not listed by the other side; the owner was asked about it.
        if (!found.Bases.ByPath.TryGetValue(removal.Path, out var agreed))
            return true;
        var was = other == SyncSide.Left ? agreed.Left : agreed.Right!;
        // A storage without folders cannot be queried for one. The scan has kept such a folder unless its parent was replaced by a file.
        if (was.IsFolder && !sides.SourceAt(other).Traits.HasFolders)
            return true;
        var now = await sides.SourceAt(other).StatAsync(was.Id, cancellationToken);
        if (!now.Ok)
        {
            if (now.Fault.Kind == FaultKind.Gone)
                return true;
            Fault = now.Fault with { AtDestination = other == SyncSide.Right };
            return false;
        }

        if (now.Value.IsTrashed)
            return true;

        // It still exists: elsewhere below the root, where it was listed, or outside of the root.
        if (was.Identity is not { } identity)
            return false;
        return found.At(other).Values.Any(item => item.Identity == identity)
            || await LiesBelowAsync(other, identity, now.Value, cancellationToken) == false;
    }

    /// <returns><c>null</c> if it cannot be determined; <see cref="Fault"/> says why.</returns>
    private async Task<bool?> LiesBelowAsync(SyncSide at, string identity, SourceItem item, CancellationToken cancellationToken)
    {
        var place = pair.PlaceAt(at);
        var roots = place.Items ?? [place.Root];
        if (place.Connection is null)
        {
            return Guid.TryParse(identity, out var entry)
                && await trees.LiesInAsync(entry, [.. roots.Where(one => Guid.TryParse(one, out _)).Select(Guid.Parse)], cancellationToken);
        }

        var lineage = await SyncLineage.ReadAsync(sides.SourceAt(at), item, cancellationToken);
        if (lineage.Ok)
            return roots.Any(root => lineage.Value.Contains(sides.SourceAt(at).NormalOf(root)));
        Fault = lineage.Fault with { AtDestination = at == SyncSide.Right };
        return null;
    }

    /// <summary>
    /// Returns whether one of the items may still exist where the owner no longer has access. Its copy is only removed after asking the
    /// owner.
    /// </summary>
    public async Task<bool> MayBeHiddenAsync(IEnumerable<SyncAction> removals, CancellationToken cancellationToken)
    {
        foreach (var removal in removals)
        {
            var other = OtherOf(removal.At);
            var agreed = found.Bases.ByPath[removal.Path];
            var was = other == SyncSide.Left ? agreed.Left : agreed.Right!;
            if (found.At(other).ContainsKey(removal.Path) || !sides.SourceAt(other).MayBeHidden(was.Id))
                continue;
            var now = await sides.SourceAt(other).StatAsync(was.Id, cancellationToken);
            if (now is { Ok: false, Fault.Kind: FaultKind.Gone })
                return true;
        }

        return false;
    }

    private static SyncSide OtherOf(SyncSide side) => side == SyncSide.Right ? SyncSide.Left : SyncSide.Right;

    /// <summary>Returns the id of the folder of a path on one side; <c>null</c> if the folder could not be created.</summary>
    private string? FolderOf(SyncSide at, string path)
    {
        if (path.LastIndexOf('/') is var end && end < 0)
            return pair.PlaceAt(at).Root;
        var folder = path[..end];
        return _folders.GetValueOrDefault((at, folder))
            ?? (found.At(at).GetValueOrDefault(folder) is { IsFolder: true } entry ? entry.Id : null);
    }

    private void Failed(SyncAction action, StorageFault fault)
    {
        // Another entry exists there now; the next scan finds it.
        if (fault.Kind == FaultKind.Taken)
            return;
        if (fault.Kind is FaultKind.Gone or FaultKind.Refused)
            Refused.Add((action.Path, fault.Sentence));
        else
            Fault = fault with { AtDestination = action.At == SyncSide.Right };
    }

    private static SyncEntry ItemOf(SyncAction action) => (action.At == SyncSide.Right ? action.Right : action.Left)!;

    /// <summary>Adds the digests that the other side has of the same content.</summary>
    private static SyncEntry Known(SyncEntry entry, SyncEntry other) =>
        entry.Digests.Count == 0 && !entry.IsFolder ? entry with { Digests = other.Digests } : entry;

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static SinkEntry EntryOf(SyncEntry entry, string path) =>
        new(entry.Id, NameOf(path), entry.IsFolder ? StorageItemKind.Folder : StorageItemKind.File) { Pin = entry.Version };

    private static Outcome<SinkEntry> Taken => new StorageFault(FaultKind.Taken, "The destination cannot have this name.");
}
