using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>Chooses the target of a file at the destination, where its name may be taken.</summary>
/// <param name="isOurs">Returns whether this transfer has created the entry or is creating it. It is then another file of the source, so
/// it is neither equal nor may it be replaced.</param>
internal sealed class TargetChoice(ISink sink, TransferOptions options, Func<string, SinkEntry, Task<bool>> isOurs)
{
    private const int MostNames = 1_000;

    /// <summary>Names that other files of the transfer have.</summary>
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    public void IsGiven(string name) => _given.Add(name);

    /// <param name="there">The entries that currently have the name.</param>
    public async Task<Outcome<ChosenTarget>> DecideAsync(
        string folder, string name, IReadOnlyList<SinkEntry> there, SourceItem found, long size, CancellationToken cancellationToken)
    {
        if (there.Count == 0 && !_given.Contains(name))
            return new ChosenTarget(name, null, null);
        var others = new List<SinkEntry>();
        foreach (var entry in there)
        {
            if (!await isOurs(folder, entry))
                others.Add(entry);
        }

        var files = others.Where(entry => entry.Kind == StorageItemKind.File).ToList();
        if (files.Find(entry => IsEqual(entry, found, size)) is { } same)
            return Skipped("The same file is there already.") with { SameBy = SameDigest(same, found).By };
        if (others.Count > 0)
        {
            if (options.Taken == WhenTaken.Skip)
                return Skipped("Another file of this name is there.");
            if (options.Taken == WhenTaken.ReplaceOlder && files is [var newer] && !(newer.Modified < found.Modified))
                return Skipped("The file of this name that is there is not older.");
            if (options.Taken is WhenTaken.Replace or WhenTaken.ReplaceOlder && files is [var one]
                && others.Count == there.Count && !_given.Contains(name))
                return new ChosenTarget(name, one.Id, null);
        }

        return await FreeNameAsync(folder, name, found, size, cancellationToken);
    }

    private static ChosenTarget Skipped(string reason) => new("", null, reason);

    private bool IsEqual(SinkEntry there, SourceItem found, long size) => options.Equal switch
    {
        EqualBy.Exists => true,
        EqualBy.Size => there.Size == size,
        EqualBy.Time => there.Size == size && IsSameTime(there, found),
        // A file that the storage itself has changed keeps the time that was set.
        _ when sink.Traits.MayRewrite(there) => IsSameTime(there, found),
        _ => there.Size == size && (SameDigest(there, found).Same ?? IsSameTime(there, found)),
    };

    /// <summary>Compares the digests; returns null if there is no common one. The kind is that of an equal digest.</summary>
    private static (bool? Same, DigestKind? By) SameDigest(SinkEntry there, SourceItem found)
    {
        DigestKind? by = null;
        foreach (var (kind, ours) in found.Digests)
        {
            if (!there.Digests.TryGetValue(kind, out var theirs))
                continue;
            // QuickXor is base64, which is case-sensitive.
            if (!string.Equals(ours, theirs, kind == DigestKind.QuickXor ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase))
                return (false, null);
            by = kind;
        }

        return (by is null ? null : true, by);
    }

    private static bool IsSameTime(SinkEntry there, SourceItem found) =>
        there.Modified is { } at && found.Modified is { } source && (at - source).Duration() < TimeSpan.FromSeconds(1);

    /// <summary>Returns a name with a number. A file that an earlier transfer has numbered is found again.</summary>
    private async Task<Outcome<ChosenTarget>> FreeNameAsync(
        string folder, string name, SourceItem found, long size, CancellationToken cancellationToken)
    {
        var dot = name.LastIndexOf('.') is > 0 and var at ? at : name.Length;
        for (var number = 2; number <= MostNames; number++)
        {
            var candidate = $"{name[..dot]} ({number}){name[dot..]}";
            if (_given.Contains(candidate))
                continue;
            var there = await sink.FindAsync(folder, candidate, cancellationToken);
            if (!there.Ok)
                return there.Fault;
            if (there.Value.Count == 0)
                return new ChosenTarget(candidate, null, null);
            if (options.Equal is EqualBy.Exists or EqualBy.Size)
                continue;
            foreach (var entry in there.Value.Where(entry => entry.Kind == StorageItemKind.File && IsEqual(entry, found, size)))
            {
                if (!await isOurs(folder, entry))
                    return Skipped($"The same file is there already: {candidate}") with { SameBy = SameDigest(entry, found).By };
            }
        }

        return new StorageFault(FaultKind.Refused, $"The destination has {MostNames} files of this name.");
    }
}

/// <param name="Replaces">The file that gets a new version; null for a new file.</param>
/// <param name="Skip">Why nothing is written; null if the file is to be written.</param>
internal sealed record ChosenTarget(string Name, string? Replaces, string? Skip)
{
    /// <summary>The digest by which the existing file is equal.</summary>
    public DigestKind? SameBy { get; init; }
}
