using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Infrastructure.Connectors.Own;

/// <summary>
/// Reads the service's own files: entries of the trees, by their ids. The upload that is a file's content is the pinned version, so a file
/// that is replaced at the same time is completely read in its earlier version, as long as its owner may see that version.
/// </summary>
internal sealed class OwnSource(
    Caller owner, FileTree tree, ITreeLedger entries, IUploadLedger uploads, ContentReader content, ContentCheck check) : ISource
{
    private const int PageSize = 500;

    private const Scopes Needed = Scopes.Read | Scopes.List;

    public SourceTraits Traits { get; } = new([DigestKind.Sha256]) { HasIdentities = true };

    /// <param name="folder">The id of a folder; empty for the spaces.</param>
    /// <param name="cursor">The name of the last entry of the previous page.</param>
    public async Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
            return refusal;
        if (folder.Length == 0)
        {
            var spaces = await tree.SpacesAsync(owner, cancellationToken);
            return new SourcePage(
                [.. spaces.Select(space => new SourceItem(space.Id.ToString(), space.Name, StorageItemKind.Folder))], null);
        }

        if (!EntryId.TryParse(folder, out var id)
            || await entries.FindAsync(owner, id, cancellationToken) is not { Entry.Kind: EntryKind.Folder })
            return Gone();
        var query = new FolderQuery(id, PageSize + 1) { After = cursor is null ? null : new EntryKey(cursor, 0) };
        var found = await entries.ListAsync(query, cancellationToken);
        var page = found.Take(PageSize).ToList();
        return new SourcePage([.. page.Select(ItemOf)], found.Count > PageSize ? page[^1].Name : null);
    }

    public async Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
            return refusal;
        if (!EntryId.TryParse(id, out var parsed) || await entries.FindAsync(owner, parsed, cancellationToken) is not { } found)
            return Gone();
        var item = ItemOf(found.Entry);
        // The root of a space has no name.
        if (found.Entry.IsRoot)
            return item with { Name = (await entries.SpaceAsync(owner, parsed, cancellationToken))?.Name ?? "Files" };
        if (found.Entry.Upload is not { } upload || item.Skip is not null)
            return item;
        if (await uploads.FindAsync(owner, upload, cancellationToken) is not { } known)
            return Gone();
        var read = await check.EnsureAsync(known, cancellationToken);
        // A transfer waits for bytes in an unavailable store.
        if (read.IsElsewhere)
            return FaultOf(UploadRefusals.Elsewhere(read));
        return item with
        {
            MediaType = read.ContentType,
            Skip = read.DamagedAt is not null ? "Stored bytes of it are missing or wrong." : null,
        };
    }

    public async Task<StorageFault?> ReadAsync(
        SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
            return refusal;
        if (!UploadId.TryParse(item.Pin, out var id)
            || await uploads.FindAsync(owner, id, cancellationToken) is not { State: UploadState.Completed } upload)
            return new StorageFault(FaultKind.SourceChanged, "This version of the file is gone.");
        try
        {
            var failure = await content.CopyAsync(owner, upload, new ByteRange(offset, length), into, socket: null, cancellationToken);
            return failure is null ? null : FaultOf(failure);
        }
        catch (StoreException reason)
        {
            return new StorageFault(FaultKind.Transient, reason.Message);
        }
    }

    private StorageFault? Refusal() => owner.Scopes.HasFlag(Needed)
        ? null
        : new StorageFault(FaultKind.Refused, "The owner may not read files of this service.");

    private static StorageFault Gone() => new(FaultKind.Gone, "The file is gone, or its owner may not see it any more.");

    private static SourceItem ItemOf(Entry entry) => new(
        entry.Id.ToString(), entry.Name, entry.Kind == EntryKind.Folder ? StorageItemKind.Folder : StorageItemKind.File)
    {
        Size = entry.Size,
        Pin = entry.Upload?.ToString(),
        Modified = entry.Modified.ToTime(),
        Digests = entry.Sha256 is { } sha256
            ? new Dictionary<DigestKind, string> { [DigestKind.Sha256] = sha256.ToString() }
            : new Dictionary<DigestKind, string>(),
        Skip = entry.Kind == EntryKind.Link ? "It is a symbolic link." : null,
    };

    private static StorageFault FaultOf(UploadFailure failure) => failure.Error switch
    {
        UploadError.QuotaExceeded => new StorageFault(FaultKind.DailyLimit, failure.Detail),
        UploadError.Damaged => new StorageFault(FaultKind.Refused, failure.Detail),
        UploadError.Deleted or UploadError.NotFound => new StorageFault(FaultKind.SourceChanged, failure.Detail),
        _ => new StorageFault(FaultKind.Transient, failure.Detail),
    };
}
