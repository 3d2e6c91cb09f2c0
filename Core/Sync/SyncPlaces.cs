using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Sync;

/// <summary>Compares folders of one caller, also across connections.</summary>
internal sealed class SyncPlaces(Caller caller, SyncEnds ends, IArrivalLedger trees)
{
    private readonly Dictionary<SyncPlace, IReadOnlyList<string>> _lineages = [];

    /// <summary>Returns whether one folder is the same as the other one, or is in it.</summary>
    public async Task<bool> OverlapAsync(SyncPlace one, SyncPlace other, CancellationToken cancellationToken)
    {
        if (one.Connection is null && other.Connection is null)
        {
            return Guid.TryParse(one.Root, out var first) && Guid.TryParse(other.Root, out var second)
                && (first == second || await trees.LiesInAsync(first, [second], cancellationToken)
                    || await trees.LiesInAsync(second, [first], cancellationToken));
        }

        if (one.Connection is null || other.Connection is null)
            return false;
        if (one.Connection == other.Connection && (IsBelow(one.Root, other.Root) || IsBelow(other.Root, one.Root)))
            return true;
        var (here, there) = (await LineageAsync(one, cancellationToken), await LineageAsync(other, cancellationToken));
        // The identity of a bucket's folder is a path, and its connection may begin below the other folder.
        return (here.Count > 0 && there.Contains(here[0])) || (there.Count > 0 && here.Contains(there[0]))
            || (here.Count > 0 && there.Count > 0 && (IsBelow(here[0], there[0]) || IsBelow(there[0], here[0])));
    }

    /// <summary>Returns whether an item is in a folder, at any depth.</summary>
    public async Task<bool> LiesInAsync(ISource source, SourceItem item, SyncPlace place, CancellationToken cancellationToken)
    {
        if (place.Connection is null)
        {
            return Guid.TryParse(item.Id, out var entry) && Guid.TryParse(place.Root, out var root) && entry != root
                && await trees.LiesInAsync(entry, [root], cancellationToken);
        }

        if (!source.Traits.HasIdentities)
            return item.Id != place.Root && IsBelow(item.Id, place.Root);
        var lineage = await SyncLineage.ReadAsync(source, item, cancellationToken);
        return lineage.Ok && lineage.Value.Contains(source.NormalOf(place.Root));
    }

    /// <summary>
    /// Returns whether a folder is below another one by its id. Ids of local folders are paths, and the topmost is a dot. Ids of folders of
    /// a bucket end with a slash.
    /// </summary>
    private static bool IsBelow(string folder, string other) =>
        other == "." || folder == other || folder.StartsWith($"{other.TrimEnd('/')}/", StringComparison.Ordinal);

    private async Task<IReadOnlyList<string>> LineageAsync(SyncPlace place, CancellationToken cancellationToken)
    {
        if (!_lineages.TryGetValue(place, out var lineage))
            _lineages[place] = lineage = await ends.LineageAsync(caller, place, cancellationToken);
        return lineage;
    }
}
