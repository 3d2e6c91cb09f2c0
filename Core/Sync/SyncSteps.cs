using ChunkUpload.Core.Connections;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>
/// Does the steps of a plan that need no bytes: makes folders, moves, removes. After a kill the next look finds what was done: what is at
/// both sides is adopted, and what is at neither side leaves the base.
/// </summary>
internal sealed class SyncSteps(SyncPair pair, OpenPair sides, SyncFound found, SyncRecords records, IArrivalLedger trees)
{
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);

    /// <summary>The first failure that concerns more than one item.</summary>
    public StorageFault? Fault { get; private set; }

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
            if (Fault is not null || FolderOf(action.Path) is not { } parent)
                continue;
            var name = NameOf(action.Path);
            var there = await sides.Sink.FindAsync(parent, name, cancellationToken);
            var made = !there.Ok ? there.Fault
                : there.Value.Count > 0 || sides.Sink.Traits.NameOf(name) != name ? Taken
                : await sides.Sink.MakeFolderAsync(parent, name, null, cancellationToken);
            if (!made.Ok)
            {
                Failed(action.Path, made.Fault);
                continue;
            }

            // Something else got the name meanwhile, so the folder has another one.
            if (made.Value.Name != name)
            {
                _ = await sides.Sink.RemoveAsync(made.Value, cancellationToken);
                continue;
            }

            _folders[action.Path] = made.Value.Id;
            records.Agreed[action.Path] = new SyncBase(action.Left!, new SyncEntry(made.Value.Id, true));
        }
    }

    public async Task MoveAsync(CancellationToken cancellationToken)
    {
        foreach (var action in found.Plan.Actions.Where(action => action.Kind == SyncActionKind.Move))
        {
            if (Fault is not null || FolderOf(action.Path) is not { } folder)
                continue;
            var moved = await sides.Sink.MoveAsync(EntryOf(action.Right!, action.From!), folder, NameOf(action.Path), cancellationToken);
            if (!moved.Ok)
            {
                Failed(action.Path, moved.Fault);
                continue;
            }

            var before = found.Bases.ByPath[action.From!];
            records.Gone.Add(action.From!);
            records.Agreed[action.Path] = before with
            {
                Right = before.Right! with { Id = moved.Value.Id, Version = moved.Value.Pin },
            };
            records.Events.Add(("moved", action.Path, $"from {action.From}"));
        }
    }

    /// <param name="removals">What two looks have found removed, and the brake lets pass.</param>
    /// <param name="decided">What the owner has decided to remove.</param>
    public async Task RemoveAsync(
        IReadOnlyList<SyncAction> removals, IReadOnlyList<SyncAction> decided, CancellationToken cancellationToken)
    {
        foreach (var action in removals.Concat(decided))
        {
            if (Fault is not null)
                return;
            if (!decided.Contains(action) && !await IsGoneAsync(action.Path, cancellationToken))
                continue;
            var fault = await sides.Sink.RemoveAsync(EntryOf(action.Right!, action.Path), cancellationToken);
            if (fault is not null)
            {
                Failed(action.Path, fault);
                continue;
            }

            records.Gone.Add(action.Path);
            records.Events.Add(("removed", action.Path, null));
        }
    }

    /// <summary>
    /// Asks the left side for the item itself: a listing may lack what is there, and an item that moves meanwhile is in none of its pages.
    /// </summary>
    private async Task<bool> IsGoneAsync(string path, CancellationToken cancellationToken)
    {
        // What became a file or a folder of the other kind was seen.
        if (found.Left.ContainsKey(path))
            return true;
        var was = found.Bases.ByPath[path].Left;
        var now = await sides.Left.StatAsync(was.Id, cancellationToken);
        if (!now.Ok)
        {
            if (now.Fault.Kind == FaultKind.Gone)
                return true;
            Fault = now.Fault;
            return false;
        }

        // It lives on: elsewhere below the root, where it was listed, or outside of it.
        return was.Identity is { } identity && Guid.TryParse(identity, out var entry) && Guid.TryParse(pair.Left.Root, out var root)
            && (found.Left.Values.Any(item => item.Identity == identity) || !await trees.LiesInAsync(entry, [root], cancellationToken));
    }

    /// <summary>The id of the right side's folder in which a path lies; <c>null</c> if it could not be made.</summary>
    private string? FolderOf(string path)
    {
        if (path.LastIndexOf('/') is var end && end < 0)
            return pair.Right.Root;
        var folder = path[..end];
        return _folders.GetValueOrDefault(folder) ?? (found.Right.GetValueOrDefault(folder) is { IsFolder: true } entry ? entry.Id : null);
    }

    private void Failed(string path, StorageFault fault)
    {
        // Something else is there by now: the next look finds it.
        if (fault.Kind == FaultKind.Taken)
            return;
        if (fault.Kind is FaultKind.Gone or FaultKind.Refused)
            records.Events.Add(("failed", path, fault.Sentence));
        else
            Fault = fault with { AtDestination = true };
    }

    /// <summary>Both have the same content, so what one side knows of it the base knows of both.</summary>
    private static SyncEntry Known(SyncEntry entry, SyncEntry other) =>
        entry.Digests.Count == 0 && !entry.IsFolder ? entry with { Digests = other.Digests } : entry;

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static SinkEntry EntryOf(SyncEntry entry, string path) =>
        new(entry.Id, NameOf(path), entry.IsFolder ? StorageItemKind.Folder : StorageItemKind.File) { Pin = entry.Version };

    private static Outcome<SinkEntry> Taken => new StorageFault(FaultKind.Taken, "The destination cannot have this name.");
}
