namespace ChunkUpload.Core.Transfers;

/// <summary>What a file becomes at its destination.</summary>
internal sealed partial class FileMove
{
    private const int MostNames = 100;

    /// <summary>Decides, once, what the file becomes at the destination.</summary>
    private async Task<Outcome<Target>> TargetAsync(SourceItem found, long size, CancellationToken cancellationToken)
    {
        var folder = transfer.Target;
        if (Item.Parent is { } parent)
            folder = (await ledger.ItemAsync(parent, cancellationToken))?.Result ?? transfer.Target;
        var name = _sink.Traits.NameOf(Item.Name);
        if (Item.TargetName is null)
        {
            var there = await _sink.FindAsync(folder, name, cancellationToken);
            if (!there.Ok)
                return there.Fault;
            var files = there.Value.Where(entry => entry.Kind == StorageItemKind.File).ToList();
            if (files.Exists(entry => IsEqual(entry, found, size)))
                return new Target(null, Skipped("The same file is there already."));
            string? replaces = null;
            var free = name;
            if (there.Value.Count > 0)
            {
                switch (transfer.Options.Taken)
                {
                    case WhenTaken.Skip:
                        return new Target(null, Skipped("Another file of this name is there."));
                    case WhenTaken.ReplaceOlder when files is [var one] && !(one.Modified < found.Modified):
                        return new Target(null, Skipped("The file of this name that is there is not older."));
                    case WhenTaken.Replace or WhenTaken.ReplaceOlder when files is [var one]:
                        replaces = one.Id;
                        break;
                    default:
                        var other = await FreeNameAsync(folder, name, cancellationToken);
                        if (!other.Ok)
                            return other.Fault;
                        free = other.Value;
                        break;
                }
            }

            if (!await SaveAsync(new ItemProgress { TargetName = free, Replaces = replaces }, cancellationToken))
                return Lost;
        }

        if (_sink.Traits.Ids && Item.Replaces is null && Item.TargetId is null)
        {
            var ids = await _sink.NewIdsAsync(1, cancellationToken);
            if (!ids.Ok)
                return ids.Fault;
            if (ids.Value is [var id, ..] && !await SaveAsync(new ItemProgress { TargetId = id }, cancellationToken))
                return Lost;
        }

        return new Target(
            new SinkFile(
                folder, Item.TargetName ?? name, size, Item.TargetId, Item.Replaces, found.MediaType ?? Item.MediaType, found.Modified)
            {
                Key = $"transfer:{Item.Id:n}:{Item.Restarts}",
            },
            null);
    }

    private static ItemEnd Skipped(string reason) => new(TransferItemState.Skipped) { Reason = reason };

    private bool IsEqual(SinkEntry there, SourceItem found, long size) => transfer.Options.Equal switch
    {
        EqualBy.Exists => true,
        EqualBy.Size => there.Size == size,
        EqualBy.Time => there.Size == size && IsSameTime(there, found),
        // What the storage has changed by itself keeps the time that it was given.
        _ when _sink.Traits.MayRewrite(there) => IsSameTime(there, found),
        _ => there.Size == size && (SameDigest(there, found) ?? IsSameTime(there, found)),
    };

    /// <summary>Null: they have no digest in common.</summary>
    private static bool? SameDigest(SinkEntry there, SourceItem found)
    {
        bool? same = null;
        foreach (var (kind, ours) in found.Digests)
        {
            if (!there.Digests.TryGetValue(kind, out var theirs))
                continue;
            // QuickXor is base64, in which case counts.
            if (!string.Equals(ours, theirs, kind == DigestKind.QuickXor ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase))
                return false;
            same = true;
        }

        return same;
    }

    private static bool IsSameTime(SinkEntry there, SourceItem found) =>
        there.Modified is { } at && found.Modified is { } source && (at - source).Duration() < TimeSpan.FromSeconds(1);

    private async Task<Outcome<string>> FreeNameAsync(string folder, string name, CancellationToken cancellationToken)
    {
        var dot = name.LastIndexOf('.') is > 0 and var at ? at : name.Length;
        for (var number = 2; number <= MostNames; number++)
        {
            var candidate = $"{name[..dot]} ({number}){name[dot..]}";
            var there = await _sink.FindAsync(folder, candidate, cancellationToken);
            if (!there.Ok)
                return there.Fault;
            if (there.Value.Count == 0)
                return candidate;
        }

        return new StorageFault(FaultKind.Refused, $"The destination has {MostNames} files of this name.");
    }

    /// <param name="End">The item ends without a byte; null: the file is to be written.</param>
    private sealed record Target(SinkFile? File, ItemEnd? End);
}
