using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers;

/// <summary>Creates transfers of files that arrived below a folder of the service. They keep its folder structure.</summary>
public sealed partial class TransferMaker
{
    private static DraftRefusal Around { get; } = new(
        DraftFault.Circle,
        "What arrives in a folder cannot go into that folder or below it: it would arrive again. Choose another destination.");

    /// <summary>Checks both ends of a schedule that transfers arriving files: its one item is the folder.</summary>
    /// <returns>The draft with the normalized ids of both folders.</returns>
    public async Task<(NamedDraft? Named, Guid Folder, DraftRefusal? Refusal)> LookAtArrivalsAsync(
        Caller caller, TransferDraft draft, IArrivalLedger ledger, CancellationToken cancellationToken)
    {
        var (looked, refusal) = await FindAsync(caller, draft, cancellationToken);
        if (looked is null)
            return (null, default, refusal!.Fault == DraftFault.Circle ? Around : refusal);
        if (looked.Chosen is not [{ Item: { Kind: StorageItemKind.Folder } item }] || !Guid.TryParse(item.Id, out var folder))
            return (null, default, new DraftRefusal(DraftFault.NoFolder, "transfer.source.items must be one folder of this service."));
        if (draft.Destination is null && Guid.TryParse(looked.Folder.Id, out var target)
            && await ledger.LiesInAsync(target, [folder], cancellationToken))
            return (null, default, Around);
        return (new NamedDraft(draft with { Folder = looked.Folder.Id }, [item.Name], looked.Folder.Name), folder, null);
    }

    /// <summary>
    /// Creates a transfer of files that arrived. Files that no longer exist are left out. If the destination is not ready, for example
    /// needs a sign-in, the transfer waits for it.
    /// </summary>
    /// <returns>Whether a transfer was created; false if all files are left out.</returns>
    internal async Task<(bool Begun, IReadOnlyList<LeftOut> LeftOut, DraftRefusal? Refusal)> MakeOfArrivalsAsync(
        Caller caller, NamedDraft named, IReadOnlyList<TakenArrival> taken, IArrivalLedger ledger, CancellationToken cancellationToken)
    {
        var draft = named.Draft;
        // 1. Open both ends.
        var from = await EndAsync(null, caller, draft.Options, cancellationToken);
        if (await EndAsync(draft.Destination, caller, draft.Options, cancellationToken) is not { } to)
            return (false, [], new DraftRefusal(DraftFault.NoSuchConnection, "The connection of its destination was removed."));
        if (connectors.Of(from!.Connection)?.Source(from) is not { } source || connectors.Of(to.Connection)?.Sink(to) is not { } sink)
            return (false, [], new DraftRefusal(DraftFault.Storage, "The destination cannot be written to."));
        var folder = await sink.StatAsync(draft.Folder, cancellationToken);
        if (!folder.Ok && folder.Fault.Kind is FaultKind.Gone or FaultKind.Refused)
            return (false, [], No(folder.Fault, "destination.folder").Refusal);

        // 2. Collect the files, with their folder structure.
        var chosen = new List<FoundItem>();
        var leftOut = new List<LeftOut>();
        var folders = new Dictionary<string, Guid>(StringComparer.Ordinal);
        var seen = new HashSet<Guid>();
        Guid[] without = [.. draft.Options.Without.Select(id => Guid.TryParse(id, out var known) ? known : Guid.Empty)];
        foreach (var one in taken)
        {
            if (one.Path is not { } path)
            {
                leftOut.Add(new LeftOut(one.Number, "It was moved away or removed before it was copied."));
                continue;
            }

            if (!AllowsAll(draft.Options, path) || (without.Length > 0 && await ledger.LiesInAsync(one.Entry, without, cancellationToken)))
            {
                leftOut.Add(new LeftOut(one.Number, "Its schedule leaves it out."));
                continue;
            }

            // A file that arrived twice is transferred once, in its current state.
            if (!seen.Add(one.Entry))
                continue;
            var item = await source.StatAsync(one.Entry.ToString("n"), cancellationToken);
            if (item.Ok)
                chosen.Add(new FoundItem(Guid.NewGuid(), ParentOf(path, folders, chosen), path, item.Value));
            else if (item.Fault.Kind == FaultKind.Gone)
                leftOut.Add(new LeftOut(one.Number, item.Fault.Sentence));
            else
                return (false, [], No(item.Fault, path).Refusal);
        }

        if (chosen.Count == 0)
            return (false, leftOut, null);
        var transfer = TransferOf(
            caller, draft, folder.Ok ? folder.Value.Id : draft.Folder, folder.Ok ? folder.Value.Name : named.FolderName);
        var (made, refused) = await AddAsync(transfer, draft, chosen, sameness: null, cancellationToken);
        return (made is not null, leftOut, refused);
    }

    /// <summary>Returns the item of a path's folder, and adds it if it is new; null for the destination itself.</summary>
    private static Guid? ParentOf(string path, Dictionary<string, Guid> folders, List<FoundItem> chosen)
    {
        if (path.LastIndexOf('/') is var end && end < 0)
            return null;
        var above = path[..end];
        if (folders.TryGetValue(above, out var known))
            return known;
        var parent = ParentOf(above, folders, chosen);
        var id = Guid.NewGuid();
        // The id is empty, because the folder is not read from the source.
        var item = new SourceItem("", above[(above.LastIndexOf('/') + 1)..], StorageItemKind.Folder);
        chosen.Add(new FoundItem(id, parent, above, item) { Given = true });
        folders[above] = id;
        return id;
    }

    private static bool AllowsAll(TransferOptions options, string path)
    {
        for (var end = path.IndexOf('/', StringComparison.Ordinal); end >= 0; end = path.IndexOf('/', end + 1))
        {
            if (!PathPatterns.Allows(options, path[..end], StorageItemKind.Folder))
                return false;
        }

        return PathPatterns.Allows(options, path, StorageItemKind.File);
    }
}
