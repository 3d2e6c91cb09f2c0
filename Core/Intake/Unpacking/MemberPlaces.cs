using System.Collections.Concurrent;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Core.Intake.Unpacking;

/// <param name="Existing">The entry that currently has the member's name.</param>
/// <param name="Place">The place in the member's folder, which exists.</param>
/// <param name="IsNew">The member is a folder that this archive created, as this member or earlier as the parent of another one.</param>
internal sealed record MemberPlace(ArchiveMember Member, Entry? Existing, Result<Place> Place, bool IsNew);

/// <summary>Finds the places of many members with one query, and creates missing folders.</summary>
internal sealed class MemberPlaces(ITreeLedger ledger, ITreeChangeLedger changes, Caller caller, Entry root)
{
    private const int MostFolders = 20_000;

    // The parents of recent members. If one is removed meanwhile, publishing a member in it fails.
    private readonly ConcurrentDictionary<string, EntryId> _folders = new();

    // Folders that were created as parents, before their own member of the archive arrived.
    private readonly ConcurrentDictionary<EntryId, bool> _ahead = new();

    public async Task<IReadOnlyList<MemberPlace>> FindAsync(IReadOnlyList<ArchiveMember> members)
    {
        if (_folders.Count > MostFolders)
            _folders.Clear();
        if (_ahead.Count > MostFolders)
            _ahead.Clear();
        var parents = members.Select(member => member.Path.SkipLast(1).ToList()).Where(path => path.Count > 0)
            .DistinctBy(TreePath.Join).Where(path => !_folders.ContainsKey(TreePath.Join(path))).ToList();
        var found = await ledger.FindManyAsync(
            root.Id, [.. members.Select(member => member.Path), .. parents], CancellationToken.None);
        for (var i = 0; i < parents.Count; i++)
        {
            if (found[members.Count + i] is { Kind: EntryKind.Folder } folder)
                _folders[TreePath.Join(parents[i])] = folder.Id;
        }

        var places = new List<MemberPlace>(members.Count);
        for (var i = 0; i < members.Count; i++)
        {
            var (member, existing) = (members[i], found[i]);
            var parent = await FolderAsync([.. member.Path.SkipLast(1)]);
            Result<Place> place = parent.Ok ? new Place(root.Space, parent.Value.Id, [member.Path[^1]]) : parent.Failure;
            var isNew = false;
            // Create it now, because the next members may be in it.
            if (member.Kind == EntryKind.Folder && existing is null && place.Ok)
            {
                var id = EntryId.New();
                var made = await MakeAsync(id, place.Value, member);
                if (made.Ok)
                    (existing, isNew) = (made.Value, made.Value.Id == id);
                else
                    place = made.Failure;
            }

            if (existing is { Kind: EntryKind.Folder })
            {
                _folders[TreePath.Join(member.Path)] = existing.Id;
                isNew |= member.Kind == EntryKind.Folder && _ahead.TryRemove(existing.Id, out _);
            }

            places.Add(new MemberPlace(member, existing, place, isNew));
        }

        return places;
    }

    /// <summary>Returns the folder at a path. Creates it and its parents if they are missing.</summary>
    private async Task<Result<Folder>> FolderAsync(IReadOnlyList<string> path)
    {
        if (path.Count == 0)
            return new Folder(root.Id);
        var key = TreePath.Join(path);
        if (_folders.TryGetValue(key, out var known))
            return new Folder(known);
        var parent = await FolderAsync([.. path.SkipLast(1)]);
        if (!parent.Ok)
            return parent.Failure;
        var id = EntryId.New();
        var made = await MakeAsync(id, new Place(root.Space, parent.Value.Id, [path[^1]]), null);
        if (!made.Ok)
            return made.Failure;
        if (made.Value.Id == id)
            _ahead[id] = true;
        _folders[key] = made.Value.Id;
        return new Folder(made.Value.Id);
    }

    /// <summary>Creates a folder, or returns the existing one unchanged.</summary>
    private Task<Result<Entry>> MakeAsync(EntryId id, Place place, ArchiveMember? member) =>
        changes.MakeAsync(
            id, new NewEntry(place, NameConflict.Replace, member?.Modified, member?.Mode, null, caller.Subject), CancellationToken.None);

    private sealed record Folder(EntryId Id);
}
