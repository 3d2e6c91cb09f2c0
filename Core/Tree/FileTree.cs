using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Tree;

/// <summary>Operations on the trees: find entries, bind uploads to places, create, change, copy and remove entries.</summary>
public sealed class FileTree(ITreeLedger ledger, ITreeChangeLedger changes, Admission admission)
{
    /// <summary>The number of entries that a copy commits at a time.</summary>
    private const int CopyBatch = 500;

    private readonly ConcurrentDictionary<string, EntryId> _shared = new();
    private readonly FolderCache _folders = new();

    /// <summary>Returns the space of paths that specify none.</summary>
    public async Task<EntryId> DefaultSpaceAsync(Caller caller, CancellationToken cancellationToken)
    {
        if (!_shared.TryGetValue(caller.Tenant, out var space))
            _shared[caller.Tenant] = space = await ledger.SharedSpaceAsync(caller.Tenant, cancellationToken);
        return space;
    }

    public async Task<IReadOnlyList<Space>> SpacesAsync(Caller caller, CancellationToken cancellationToken)
    {
        await DefaultSpaceAsync(caller, cancellationToken);
        if (caller.User is not null)
            await ledger.OwnSpaceAsync(caller, cancellationToken);
        return await ledger.SpacesAsync(caller, cancellationToken);
    }

    /// <summary>Returns the spaces that each of these callers sees, in the order of the callers.</summary>
    public Task<IReadOnlyList<IReadOnlyList<EntryId>>> SpacesAsync(IReadOnlyList<Caller> callers, CancellationToken cancellationToken) =>
        ledger.SpacesAsync(callers, cancellationToken);

    /// <param name="change">Whether the caller wants to change its contents.</param>
    public async Task<Result<Space>> SpaceAsync(Caller caller, EntryId id, bool change, CancellationToken cancellationToken)
    {
        if (await ledger.SpaceAsync(caller, id, cancellationToken) is not { } space)
            return new UploadFailure(UploadError.NoEntry, $"There is no space {id}.");
        if (change && !space.CanChange)
            return TreeRefusals.ReadOnly();
        return space;
    }

    public async Task<Result<PlacedEntry>> FindAsync(EntryId space, IReadOnlyList<string> path, CancellationToken cancellationToken)
    {
        var (depth, entry) = await ledger.ResolveAsync(space, path, cancellationToken);
        return depth == path.Count ? new PlacedEntry(path, entry) : TreeRefusals.NoEntry();
    }

    /// <param name="change">Whether the caller wants to change it.</param>
    public async Task<Result<PlacedEntry>> FindAsync(Caller caller, EntryId id, bool change, CancellationToken cancellationToken)
    {
        if (await ledger.FindAsync(caller, id, cancellationToken) is not { } found)
            return TreeRefusals.NoEntry();
        if (change && caller.Owner is not null)
        {
            var space = await SpaceAsync(caller, found.Entry.Space, change, cancellationToken);
            if (!space.Ok)
                return space.Failure;
        }

        return found;
    }

    /// <summary>Finds the place of a new entry, and the entry that currently exists there.</summary>
    /// <param name="parents">Whether missing parent folders are created.</param>
    public async Task<Result<FreePlace>> PlaceAsync(
        EntryId space, IReadOnlyList<string> path, bool parents, CancellationToken cancellationToken)
    {
        if (path.Count == 0)
            return new UploadFailure(UploadError.RootFolder, "The path is that of the root folder; give the name of an entry.");
        var stamp = _folders.Stamp;
        var (depth, entry) = await ledger.ResolveAsync(space, path, cancellationToken);
        if (depth == path.Count)
            return new FreePlace(new Place(space, entry.Parent!.Value, [path[^1]]), entry);
        if (entry.Kind != EntryKind.Folder)
            return TreeRefusals.NotFolder([.. path.Take(depth)]);
        if (depth < path.Count - 1 && !parents)
            return TreeRefusals.NoFolder([.. path.Take(path.Count - 1)]);
        if (depth == path.Count - 1)
            _folders.Add(space, FolderOf(path), entry.Id, stamp);
        return new FreePlace(new Place(space, entry.Id, [.. path.Skip(depth)]), null);
    }

    /// <summary>Binds a new upload to a path. Refuses an upload whose publication would fail.</summary>
    /// <param name="atOnce">Whether the request contains the whole small file. Then a name conflict can be resolved when it is
    /// published.</param>
    public async Task<Result<FileTarget>> BindUploadAsync(
        EntryId space, IReadOnlyList<string> path, NameConflict conflict, bool parents, bool atOnce, CancellationToken cancellationToken)
    {
        if (atOnce && conflict != NameConflict.Fail && path.Count > 0 && _folders.Find(space, FolderOf(path)) is { } folder)
            return new FileTarget(new Place(space, folder, [path[^1]]), conflict);
        var found = await PlaceAsync(space, path, parents, cancellationToken);
        if (!found.Ok)
            return found.Failure;
        var (place, taken) = found.Value;
        if (taken is null || conflict == NameConflict.Rename || (conflict == NameConflict.Replace && taken.Kind != EntryKind.Folder))
            return new FileTarget(place, conflict);
        return TreeRefusals.Of(conflict == NameConflict.Replace ? "not_a_file" : "name_taken");
    }

    public async Task<Result<Entry>> MakeFolderAsync(
        Caller caller, Place place, NameConflict conflict, NanoTime? modified, int? mode, CancellationToken cancellationToken) =>
        await changes.MakeAsync(
            EntryId.New(), new NewEntry(place, conflict, modified, mode, null, caller.Subject), cancellationToken);

    /// <summary>Copies a folder without its contents.</summary>
    public async Task<Result<Entry>> CopyFolderAsync(
        Caller caller, Entry source, Place place, NameConflict conflict, CancellationToken cancellationToken)
    {
        var folder = new NewEntry(place, conflict, source.Modified, source.Mode, null, caller.Subject) { CopyOf = source.Id, Alone = true };
        return await changes.MakeAsync(EntryId.New(), folder, cancellationToken);
    }

    public async Task<Result<Entry>> MakeLinkAsync(
        Caller caller, Place place, NameConflict conflict, string target, NanoTime? modified, CancellationToken cancellationToken) =>
        await changes.MakeAsync(
            EntryId.New(), new NewEntry(place, conflict, modified, null, target, caller.Subject), cancellationToken);

    public async Task<Result<Entry>> ChangeAsync(Caller caller, Entry entry, EntryChange change, CancellationToken cancellationToken) =>
        change.Place is { } place && admission.RefuseName(caller, entry, place.Name) is { } refusal
            ? refusal
            : await ClearingAsync(() => changes.ChangeAsync(entry.Space, entry.Id, change, cancellationToken));

    /// <summary>Moves an entry within its space, and replaces another entry that has the name.</summary>
    /// <param name="place">The place, whose folder exists.</param>
    public async Task<Result<MovedEntry>> MoveOverAsync(
        Caller caller, Entry entry, Place place, bool overwrite, CancellationToken cancellationToken) =>
        admission.RefuseName(caller, entry, place.Name) is { } refusal
            ? refusal
            : await ClearingAsync(() => changes.MoveOverAsync(entry, place, overwrite, caller.Subject, cancellationToken));

    public Task<Result<Entry>> RemoveAsync(Caller caller, Entry entry, long? revision, CancellationToken cancellationToken) =>
        ClearingAsync(() => changes.RemoveAsync(entry.Space, entry.Id, revision, caller.Subject, cancellationToken));

    /// <summary>Removes an entry for a WebDAV request.</summary>
    public Task<Result<Entry>> RemoveAsync(
        Caller caller, Entry entry, long? revision, ChangeGuard guard, CancellationToken cancellationToken) =>
        ClearingAsync(() => changes.RemoveAsync(entry, revision, caller.Subject, guard, cancellationToken));

    /// <summary>Publishes an unfiled upload at a place.</summary>
    public async Task<Result<Entry>> FileUploadAsync(
        Caller caller, UploadId upload, FileTarget target, CancellationToken cancellationToken) =>
        admission.RefuseName(caller, target.Place.Name) is { } refusal
            ? refusal
            : await changes.PlaceUploadAsync(caller, EntryId.New(), upload, PlacedUpload.Unfiled, target, cancellationToken);

    /// <summary>
    /// Publishes content that the caller can currently read in another file, without sending bytes. Knowing the digest is not sufficient.
    /// </summary>
    /// <param name="refuse">Returns why the caller may not create such an upload, or null. Called when the content is found.</param>
    public async Task<Result<Entry>> PlaceKnownAsync(
        Caller caller, Sha256Digest sha256, long? size, FileTarget target, Func<ValueTask<UploadFailure?>> refuse,
        CancellationToken cancellationToken)
    {
        if (await ledger.WithContentAsync(caller, sha256, size, cancellationToken) is { } upload)
        {
            if (await refuse() is { } refusal)
                return refusal;
            var placed = await changes.PlaceUploadAsync(
                    caller, EntryId.New(), upload, PlacedUpload.Live, target, cancellationToken);
            if (placed.Ok || placed.Failure.Error is not (UploadError.NotFound or UploadError.Damaged))
                return placed;
        }

        return new UploadFailure(UploadError.ContentUnknown, "No file that you can read here has this content; send its bytes.");
    }

    /// <summary>
    /// Copies without copying bytes: the copies share the uploads of the originals. A copy of a folder contains only entries that existed
    /// when the copy started, so that copying two folders into each other ends.
    /// </summary>
    /// <param name="path">The path of the copy, to check that a folder is not copied into itself.</param>
    public async Task<Result<CopiedEntry>> CopyAsync(
        Caller caller, PlacedEntry source, Place place, IReadOnlyList<string> path, NameConflict conflict,
        CancellationToken cancellationToken)
    {
        var entry = source.Entry;
        switch (entry.Kind)
        {
            case EntryKind.File:
                if (admission.RefuseName(caller, entry, place.Name) is { } refusal)
                    return refusal;
                var target = new FileTarget(place, conflict) { Modified = entry.Modified, Mode = entry.Mode, CopyOf = entry.Id };
                return Copied(await changes.PlaceUploadAsync(
                    caller, EntryId.New(), entry.Upload!.Value, PlacedUpload.Named, target, cancellationToken));
            case EntryKind.Link:
                var link = new NewEntry(place, conflict, entry.Modified, null, entry.LinkTarget, caller.Subject) { CopyOf = entry.Id };
                return Copied(await changes.MakeAsync(EntryId.New(), link, cancellationToken));
            default:
                if (place.Space == entry.Space && path.Count >= source.Path.Count
                    && source.Path.SequenceEqual(path.Take(source.Path.Count)))
                    return TreeRefusals.Of("into_itself");
                // Folders are not merged.
                var apart = conflict == NameConflict.Rename ? NameConflict.Rename : NameConflict.Fail;
                var folder = new NewEntry(place, apart, entry.Modified, entry.Mode, null, caller.Subject) { CopyOf = entry.Id };
                var made = await changes.MakeAsync(EntryId.New(), folder, cancellationToken);
                if (!made.Ok)
                    return made.Failure;
                long leftOut = 0;
                var (space, to, began) = (made.Value.Space, made.Value.Id, made.Value.CreatedAt);
                var batches = CopyContentAsync(caller.Subject, entry.Id, space, to, _ => EntryId.New(), began, cancellationToken);
                await foreach (var (asked, found) in batches)
                {
                    if (!found.Ok)
                        return found.Failure;
                    leftOut += asked - found.Value.Count;
                }

                return new CopiedEntry(made.Value, leftOut);
        }
    }

    /// <summary>Copies the contents of a folder into another one, in batches.</summary>
    /// <param name="idOf">Returns the id of an entry's copy. A repeated call with the same ids changes nothing more.</param>
    /// <param name="began">Entries made later are not copied. Null if this is a move, so all entries are copied, and the limits were
    /// checked for all of them before.</param>
    /// <returns>After each batch: the number of requested copies, and the result.</returns>
    internal async IAsyncEnumerable<(long Asked, Result<CopiedEntries> Found)> CopyContentAsync(
        string subject, EntryId from, EntryId space, EntryId to, Func<EntryId, EntryId> idOf, DateTimeOffset? began,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folders = new Dictionary<EntryId, EntryId> { [from] = to };
        IReadOnlyList<string>? after = null;
        while (await ledger.WalkAsync(from, after, CopyBatch, cancellationToken) is { Count: > 0 } page)
        {
            var copies = new List<EntryCopy>(page.Count);
            foreach (var (_, entry) in page)
            {
                // The copy itself may have been moved into the original, and copying it would never end. The parent of an entry
                // that was moved here may have no copy.
                if (entry.Id == to || entry.CreatedAt > began || !folders.TryGetValue(entry.Parent!.Value, out var parent))
                    continue;
                var copy = new EntryCopy(entry.Id, idOf(entry.Id), parent, entry.Name);
                copies.Add(copy);
                if (entry.Kind == EntryKind.Folder)
                    folders[entry.Id] = copy.Id;
            }

            var found = await changes.CopyAsync(space, copies, subject, began is null, cancellationToken);
            yield return (copies.Count, found);
            after = page[^1].Path;
        }
    }

    private static Result<CopiedEntry> Copied(Result<Entry> made) => made.Ok ? new CopiedEntry(made.Value, 0) : made.Failure;

    private static string FolderOf(IReadOnlyList<string> path) => TreePath.Join(path.Take(path.Count - 1));

    /// <summary>Makes a change that may move or remove a folder.</summary>
    internal async Task<Result<T>> ClearingAsync<T>(Func<Task<Result<T>>> change)
        where T : class
    {
        try
        {
            return await change();
        }
        finally
        {
            // Also after a failure, because the change may have been committed.
            _folders.Clear();
        }
    }
}

/// <param name="LeftOut">The number of entries of a folder that could not be copied, because they were changed in the meantime or their
/// names were taken.</param>
public sealed record CopiedEntry(Entry Entry, long LeftOut);

/// <param name="Existing">The entry that currently has the name.</param>
public sealed record FreePlace(Place Place, Entry? Existing);
