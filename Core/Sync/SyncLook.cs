using ChunkUpload.Core.Connections;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>What a look at both sides has found.</summary>
/// <param name="LeftOut">How many items of the left side take no part.</param>
public sealed record SyncFound(
    SyncBases Bases, IReadOnlyDictionary<string, SyncEntry> Left, IReadOnlyDictionary<string, SyncEntry> Right, SyncPlan Plan,
    long LeftOut)
{
    /// <summary>Whether a side lists nothing that takes part.</summary>
    public required bool LeftIsEmpty { get; init; }

    public required bool RightIsEmpty { get; init; }

    /// <summary>Whether the owner is asked before anything is removed.</summary>
    public bool StopsRemovals => Stops(SyncSide.Right, LeftIsEmpty) || Stops(SyncSide.Left, RightIsEmpty);

    public IReadOnlyDictionary<string, SyncEntry> At(SyncSide side) => side == SyncSide.Left ? Left : Right;

    private bool Stops(SyncSide side, bool otherIsEmpty) =>
        RemovalBrake.Stops(Plan.RemovalsAt(side), Bases.RecentRemovals, Bases.ByPath.Count, otherIsEmpty);
}

/// <summary>Looks at both sides of a pair and plans what brings them together. It changes nothing.</summary>
public sealed class SyncLook(ISyncWorkLedger ledger)
{
    public async Task<Outcome<SyncFound>> LookAsync(
        SyncPair pair, OpenPair sides, Action progress, CancellationToken cancellationToken)
    {
        // 1. Both roots are what they were.
        if (await ProveAsync(sides.Left, pair, pair.Left, cancellationToken) is { } noLeft)
            return noLeft;
        if (await ProveAsync(sides.Right, pair, pair.Right, cancellationToken) is { } noRight)
            return noRight with { AtDestination = true };

        // 2. The base before both sides: what is recorded meanwhile is found at the next look.
        var bases = await ledger.BasesAsync(pair, cancellationToken);
        var left = await ListAsync(sides.Left, pair, pair.Left, progress, cancellationToken);
        if (!left.Ok)
            return left.Fault;
        var right = await ListAsync(sides.Right, pair, pair.Right, progress, cancellationToken);
        if (!right.Ok)
            return right.Fault with { AtDestination = true };

        var (leftIsEmpty, rightIsEmpty) = (IsEmpty(left.Value), IsEmpty(right.Value));
        if (!sides.Left.Traits.HasFolders)
            KeepFolders(bases, left.Value, right.Value);

        // 3. The plan, for which some files may have to be read.
        var unreadable = new HashSet<SyncReading>();
        while (true)
        {
            var plan = SyncRules.Plan(pair.Way, bases.ByPath, left.Value, right.Value);
            var readings = plan.Readings.Where(reading => !unreadable.Contains(reading)).ToList();
            if (readings.Count == 0)
            {
                return new SyncFound(bases, left.Value, right.Value, plan, left.Value.Values.Count(entry => entry.LeftOut is not null))
                {
                    LeftIsEmpty = leftIsEmpty,
                    RightIsEmpty = rightIsEmpty,
                };
            }

            foreach (var reading in readings)
            {
                var (source, entries) = reading.Side == SyncSide.Left ? (sides.Left, left.Value) : (sides.Right, right.Value);
                var read = await SyncReader.ReadAsync(source, entries[reading.Path], progress, cancellationToken);
                if (read.Ok)
                    entries[reading.Path] = read.Value;
                else if (read.Fault.Kind is FaultKind.SourceChanged or FaultKind.Gone or FaultKind.Refused)
                    _ = unreadable.Add(reading); // Its path stays undecided until the next look.
                else
                    return read.Fault with { AtDestination = reading.Side == SyncSide.Right };
            }
        }
    }

    private static bool IsEmpty(Dictionary<string, SyncEntry> listed) => !listed.Values.Any(item => item.LeftOut is null);

    /// <summary>
    /// Where folders are only what names begin with, one vanishes with its last file. Nobody has removed it, so it counts as long as the
    /// other side has it.
    /// </summary>
    private static void KeepFolders(SyncBases bases, Dictionary<string, SyncEntry> left, Dictionary<string, SyncEntry> right)
    {
        // A folder comes before what is in it.
        foreach (var (path, agreed) in bases.ByPath.OrderBy(item => item.Key, StringComparer.Ordinal))
        {
            var parent = path.LastIndexOf('/') is > 0 and var end ? left.GetValueOrDefault(path[..end]) : agreed.Left;
            if (agreed.Left.IsFolder && parent is { IsFolder: true, LeftOut: null } && right.GetValueOrDefault(path)?.IsFolder == true)
                _ = left.TryAdd(path, agreed.Left);
        }
    }

    internal static async Task<StorageFault?> ProveAsync(
        ISource source, SyncPair pair, SyncPlace place, CancellationToken cancellationToken)
    {
        var root = await source.StatAsync(place.Root, cancellationToken);
        if (!root.Ok)
            return root.Fault;
        if (root.Value.Kind != StorageItemKind.Folder)
            return new StorageFault(FaultKind.Gone, "It is no folder any more.");
        return source is IRootMark mark ? await mark.ProveAsync(place.Root, pair.Id, cancellationToken) : null;
    }

    private static Task<Outcome<Dictionary<string, SyncEntry>>> ListAsync(
        ISource source, SyncPair pair, SyncPlace place, Action progress, CancellationToken cancellationToken) =>
        new SyncListing(source, pair.Options, hasIdentities: place.Connection is null).ReadAsync(place.Root, progress, cancellationToken);
}
