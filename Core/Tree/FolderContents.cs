using System.Runtime.CompilerServices;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Tree;

/// <param name="Path">The names below the folder that is read.</param>
/// <param name="Upload">The content of a file; null for a folder or a link.</param>
public sealed record FolderMember(IReadOnlyList<string> Path, Entry Entry, Upload? Upload);

/// <summary>Reads the contents of a folder with the uploads of its files. A folder comes before its contents.</summary>
public sealed class FolderContents(ITreeLedger ledger, IUploadLedger uploads, ContentCheck check)
{
    private const int PageSize = 500;

    /// <summary>Returns the entries of a folder with these names, in the order of the names.</summary>
    public async Task<Result<IReadOnlyList<Entry>>> ChooseAsync(
        PlacedEntry folder, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var found = await ledger.FindManyAsync(folder.Entry.Id, [.. names.Select(name => new[] { name })], cancellationToken);
        for (var i = 0; i < names.Count; i++)
        {
            if (found[i] is null)
                return new UploadFailure(UploadError.NoEntry, $"This folder has no \"{names[i]}\"; it may have been moved or removed.");
        }

        return found.ToList()!;
    }

    /// <summary>Returns a damaged file among these entries or below them, or null.</summary>
    public Task<PlacedEntry?> FindDamagedAsync(IReadOnlyCollection<EntryId> entries, CancellationToken cancellationToken) =>
        ledger.FindDamagedAsync(entries, cancellationToken);

    /// <summary>
    /// Returns the entries in a folder, or the selected ones, with everything below. Each page is checked before its first entry is
    /// returned, so that unreadable files among the first entries are known before a byte is sent. A failure is the last item.
    /// </summary>
    public async IAsyncEnumerable<Result<FolderMember>> ReadAsync(
        Caller caller, EntryId folder, IReadOnlyList<Entry>? chosen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var page in PagesAsync(folder, chosen, cancellationToken))
        {
            var contents = await ContentsAsync(caller, page, cancellationToken);
            var members = new List<FolderMember>(page.Count);
            foreach (var (path, entry) in page)
            {
                var upload = entry.Upload is { } id ? contents.GetValueOrDefault(id) : null;
                if (entry.Kind == EntryKind.File && Refuse(path, upload) is { } refusal)
                {
                    yield return refusal;
                    yield break;
                }

                members.Add(new FolderMember(path, entry, upload));
            }

            foreach (var member in members)
                yield return member;
        }
    }

    private static UploadFailure? Refuse(IReadOnlyList<string> path, Upload? upload) => upload switch
    {
        { IsElsewhere: true } => new(UploadError.Elsewhere, $"The bytes of \"{TreePath.Join(path)}\" are in another store."),
        { DamagedAt: not null } => Damaged(path),
        { State: UploadState.Completed } => null,
        _ => new(UploadError.Deleted, $"The content of \"{TreePath.Join(path)}\" was deleted meanwhile."),
    };

    public static UploadFailure Damaged(IReadOnlyList<string> path) =>
        new(UploadError.Damaged, $"Stored bytes of \"{TreePath.Join(path)}\" are missing or wrong. Leave it out, or replace it.");

    private async IAsyncEnumerable<IReadOnlyList<PlacedEntry>> PagesAsync(
        EntryId folder, IReadOnlyList<Entry>? chosen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<PlacedEntry> roots = [.. (chosen ?? []).Select(entry => new PlacedEntry([entry.Name], entry))];
        if (roots.Count > 0)
            yield return roots;
        IEnumerable<(EntryId Id, IReadOnlyList<string> Path)> folders = chosen is null
            ? [(folder, [])]
            : roots.Where(root => root.Entry.Kind == EntryKind.Folder).Select(root => (root.Entry.Id, root.Path));
        foreach (var (id, prefix) in folders)
        {
            IReadOnlyList<string>? after = null;
            while (await ledger.WalkAsync(id, after, PageSize, cancellationToken) is { Count: > 0 } page)
            {
                yield return [.. page.Select(placed => placed with { Path = [.. prefix, .. placed.Path] })];
                after = page[^1].Path;
            }
        }
    }

    private async Task<Dictionary<UploadId, Upload>> ContentsAsync(
        Caller caller, IReadOnlyList<PlacedEntry> page, CancellationToken cancellationToken)
    {
        var ids = page.Where(placed => placed.Entry.Upload is not null).Select(placed => placed.Entry.Upload!.Value).Distinct().ToList();
        var contents = new Dictionary<UploadId, Upload>(ids.Count);
        if (ids.Count == 0)
            return contents;
        foreach (var upload in await uploads.FindAllAsync(caller, ids, cancellationToken))
            contents[upload.Id] = await check.EnsureAsync(upload, cancellationToken);
        return contents;
    }
}
