using System.Text;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>
/// Lists everything below a root, or the selected items in it. If any part fails, the whole listing fails, because missing items would look
/// removed.
/// </summary>
public sealed class SyncListing(ISource source, TransferOptions options)
{
    /// <summary>The maximum number of files and folders of a side.</summary>
    public const int MostItems = 200_000;

    /// <summary>The path is part of an index of the ledger.</summary>
    private const int LongestPath = 2000;

    private const string OwnPrefix = ".chunkupload-";

    private static readonly string[] Never = ["~$*", ".~lock.*", "._*", ".DS_Store", "Thumbs.db", "desktop.ini"];
    private static readonly TransferOptions Usual = new() { Exclude = Never };

    private readonly Queue<(string Id, string Path)> _folders = [];
    private readonly Dictionary<string, SyncEntry> _found = new(StringComparer.Ordinal);

    public async Task<Outcome<Dictionary<string, SyncEntry>>> ReadAsync(
        SyncPlace place, Action progress, CancellationToken cancellationToken)
    {
        if (place.Items is null)
            _folders.Enqueue((place.Root, ""));
        foreach (var id in place.Items ?? [])
        {
            var item = await source.FindAsync(id, cancellationToken);
            progress();
            if (item is { Ok: false, Fault.Kind: not FaultKind.Gone })
                return item.Fault;
            if (item is { Ok: true, Value.IsTrashed: false })
                Add(item.Value, item.Value.Name);
        }

        while (_folders.TryDequeue(out var folder))
        {
            string? cursor = null;
            do
            {
                var page = await source.ListAsync(folder.Id, cursor, cancellationToken);
                if (!page.Ok)
                    return page.Fault;
                progress();
                foreach (var item in page.Value.Items.Where(item => !item.Name.StartsWith(OwnPrefix, StringComparison.Ordinal)))
                {
                    Add(item, folder.Path.Length == 0 ? item.Name : $"{folder.Path}/{item.Name}");
                }

                if (_found.Count > MostItems)
                    return new StorageFault(FaultKind.Refused, $"A side of a pair has at most {MostItems} files and folders.");
                cursor = page.Value.Next;
            }
            while (cursor is not null);
        }

        return _found;
    }

    private void Add(SourceItem item, string path)
    {
        var entry = EntryOf(item, path);
        if (!_found.TryAdd(path, entry))
            _found[path] = entry with { LeftOut = "Several items have this name." };
        else if (entry is { IsFolder: true, LeftOut: null })
            _folders.Enqueue((item.Id, path));
    }

    private SyncEntry EntryOf(SourceItem item, string path) => new(item.Id, item.Kind == StorageItemKind.Folder)
    {
        Identity = source.Traits.HasIdentities ? source.NormalOf(item.Id) : null,
        Version = source.VersionOf(item.Pin),
        Size = item.Size,
        Modified = item.Modified,
        Digests = item.Digests.TryGetValue(DigestKind.Sha256, out var sha256)
            ? new Dictionary<string, string> { [SyncEntry.ReadDigest] = sha256 }
            : new Dictionary<string, string>(),
        LeftOut = item.Skip
            ?? (item.IsShortcut ? "It is a shortcut."
                : !PathPatterns.Allows(Usual, path, item.Kind) ? "Files of this name are never copied."
                : !PathPatterns.Allows(options, path, item.Kind) ? "A pattern leaves it out."
                : Encoding.UTF8.GetByteCount(path) > LongestPath ? "Its path is too long."
                : null),
    };
}
