using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>Decides what a file becomes at the destination, where its name may be taken.</summary>
/// <param name="isOurs">
/// Whether this transfer itself has made what is there, or is making it: that is another file of the source, so it is neither the same nor
/// may another one take its place.
/// </param>
internal sealed class TargetChoice(ISink sink, TransferOptions options, Func<string, SinkEntry, Task<bool>> isOurs)
{
    private const int MostNames = 1_000;

    /// <summary>Names that other files of the transfer have got.</summary>
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    public void IsGiven(string name) => _given.Add(name);

    /// <param name="there">What has the name now.</param>
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
        // What the storage has changed by itself keeps the time that it was given.
        _ when sink.Traits.MayRewrite(there) => IsSameTime(there, found),
        _ => there.Size == size && (SameDigest(there, found).Same ?? IsSameTime(there, found)),
    };

    /// <summary>Returns null if they have no digest in common. The kind is one that agrees.</summary>
    private static (bool? Same, DigestKind? By) SameDigest(SinkEntry there, SourceItem found)
    {
        DigestKind? by = null;
        foreach (var (kind, ours) in found.Digests)
        {
            if (!there.Digests.TryGetValue(kind, out var theirs))
                continue;
            // QuickXor is base64, in which case counts.
            if (!string.Equals(ours, theirs, kind == DigestKind.QuickXor ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase))
                return (false, null);
            by = kind;
        }

        return (by is null ? null : true, by);
    }

    private static bool IsSameTime(SinkEntry there, SourceItem found) =>
        there.Modified is { } at && found.Modified is { } source && (at - source).Duration() < TimeSpan.FromSeconds(1);

    /// <summary>A name with a number. A file that an earlier transfer has given one is found again.</summary>
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

/// <param name="Replaces">The file that gets a new version; null means a new file.</param>
/// <param name="Skip">Why nothing is written; null if the file is to be written.</param>
internal sealed record ChosenTarget(string Name, string? Replaces, string? Skip)
{
    /// <summary>The digest by which what is there already is the same.</summary>
    public DigestKind? SameBy { get; init; }
}
