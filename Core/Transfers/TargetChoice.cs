using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers;

/// <summary>Decides what a file becomes at the destination, where its name may be taken.</summary>
/// <param name="isOurs">Whether this transfer itself has made a file: another one must not take its place.</param>
internal sealed class TargetChoice(ISink sink, TransferOptions options, Func<string, Task<bool>> isOurs)
{
    private const int MostNames = 100;

    public async Task<Outcome<ChosenTarget>> DecideAsync(
        string folder, string name, SourceItem found, long size, CancellationToken cancellationToken)
    {
        var there = await sink.FindAsync(folder, name, cancellationToken);
        return there.Ok ? await DecideAsync(folder, name, there.Value, found, size, cancellationToken) : there.Fault;
    }

    /// <param name="there">What has the name now.</param>
    public async Task<Outcome<ChosenTarget>> DecideAsync(
        string folder, string name, IReadOnlyList<SinkEntry> there, SourceItem found, long size, CancellationToken cancellationToken)
    {
        var files = there.Where(entry => entry.Kind == StorageItemKind.File).ToList();
        if (files.Exists(entry => IsEqual(entry, found, size)))
            return Skipped("The same file is there already.");
        string? replaces = null;
        var free = name;
        if (there.Count > 0)
        {
            switch (options.Taken)
            {
                case WhenTaken.Skip:
                    return Skipped("Another file of this name is there.");
                case WhenTaken.ReplaceOlder when files is [var one] && !(one.Modified < found.Modified):
                    return Skipped("The file of this name that is there is not older.");
                case WhenTaken.Replace or WhenTaken.ReplaceOlder when files is [var one] && !await isOurs(one.Id):
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

        return new ChosenTarget(free, replaces, null);
    }

    private static ChosenTarget Skipped(string reason) => new("", null, reason);

    private bool IsEqual(SinkEntry there, SourceItem found, long size) => options.Equal switch
    {
        EqualBy.Exists => true,
        EqualBy.Size => there.Size == size,
        EqualBy.Time => there.Size == size && IsSameTime(there, found),
        // What the storage has changed by itself keeps the time that it was given.
        _ when sink.Traits.MayRewrite(there) => IsSameTime(there, found),
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
            var there = await sink.FindAsync(folder, candidate, cancellationToken);
            if (!there.Ok)
                return there.Fault;
            if (there.Value.Count == 0)
                return candidate;
        }

        return new StorageFault(FaultKind.Refused, $"The destination has {MostNames} files of this name.");
    }
}

/// <param name="Replaces">The file that gets a new version; null: a new file.</param>
/// <param name="Skip">Why nothing is written; null: the file is to be written.</param>
internal sealed record ChosenTarget(string Name, string? Replaces, string? Skip);
