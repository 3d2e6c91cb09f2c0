using ChunkUpload.Core.Connections;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>The result of a scan of both sides.</summary>
/// <param name="LeftOut">The number of items of the left side that are excluded.</param>
/// <param name="LeftIsEmpty">Whether the listing of the left side contained no included item.</param>
/// <param name="RightIsEmpty">The same for the right side.</param>
public sealed record SyncFound(
    SyncBases Bases, IReadOnlyDictionary<string, SyncEntry> Left, IReadOnlyDictionary<string, SyncEntry> Right, SyncPlan Plan,
    long LeftOut, bool LeftIsEmpty, bool RightIsEmpty)
{
    /// <summary>After a restore from a backup: the actions that remove all items that only one side has.</summary>
    public IReadOnlyList<SyncAction> OnOneSide { get; init; } = [];

    /// <summary>Gets a value that indicates whether the owner is asked before anything is removed.</summary>
    public bool StopsRemovals => Stops(SyncSide.Right, LeftIsEmpty) || Stops(SyncSide.Left, RightIsEmpty);

    public IReadOnlyDictionary<string, SyncEntry> At(SyncSide side) => side == SyncSide.Left ? Left : Right;

    internal static bool IsEmpty(IReadOnlyDictionary<string, SyncEntry> listed) => !listed.Values.Any(item => item.LeftOut is null);

    private bool Stops(SyncSide side, bool otherIsEmpty) =>
        RemovalBrake.Stops(Plan.RemovalsAt(side), Bases.RecentRemovals, Bases.ByPath.Count, otherIsEmpty);
}

/// <summary>Scans both sides of a pair and plans the actions that synchronize them. It changes nothing.</summary>
public sealed class SyncLook(ISyncWorkLedger ledger, TimeProvider time)
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    public async Task<Outcome<SyncFound>> LookAsync(
        SyncPair pair, OpenPair sides, Action progress, CancellationToken cancellationToken)
    {
        // 1. Check that both roots are still the same folders.
        if (await ProveAsync(sides.Left, pair, pair.Left, cancellationToken) is { } noLeft)
            return noLeft;
        if (await ProveAsync(sides.Right, pair, pair.Right, cancellationToken) is { } noRight)
            return noRight with { AtDestination = true };

        // 2. Read the base before both sides: the next scan finds what is recorded in between.
        var bases = Comparable(await ledger.BasesAsync(pair, cancellationToken), sides);
        var left = await ListAsync(sides.Left, pair, pair.Left, progress, cancellationToken);
        if (!left.Ok)
            return left.Fault;
        var right = await ListAsync(sides.Right, pair, pair.Right, progress, cancellationToken);
        if (!right.Ok)
            return right.Fault with { AtDestination = true };

        await SyncDisks.HoldAsync(
            sides.Left, bases, left.Value, agreed => agreed.LacksLeft ? null : agreed.Left, cancellationToken);
        await SyncDisks.HoldAsync(sides.Right, bases, right.Value, agreed => agreed.Right, cancellationToken);
        SettleRewritten(bases, sides, left.Value, right.Value);
        var (leftIsEmpty, rightIsEmpty) = (SyncFound.IsEmpty(left.Value), SyncFound.IsEmpty(right.Value));
        if (!sides.Left.Traits.HasFolders)
            KeepFolders(bases, left.Value, right.Value, agreed => agreed.LacksLeft ? null : agreed.Left);
        if (!sides.Right.Traits.HasFolders)
            KeepFolders(bases, right.Value, left.Value, agreed => agreed.Right);

        var waiting = SyncWaiting.Find(bases.ByPath, left.Value, right.Value, time.GetUtcNow());
        await AddLockedAsync(waiting, pair.Left, left.Value, right.Value, cancellationToken);
        await AddLockedAsync(waiting, pair.Right, right.Value, left.Value, cancellationToken);

        // 3. Make the plan, for which some files may have to be read.
        var unreadable = new HashSet<SyncReading>();
        while (true)
        {
            var plan = SyncRules.Plan(pair.Way, bases.ByPath, left.Value, right.Value, bases.Restless, waiting);
            var readings = plan.Readings.Where(reading => !unreadable.Contains(reading)).ToList();
            if (readings.Count == 0)
            {
                var leftOut = left.Value.Values.Count(entry => entry.LeftOut is not null);
                var (rest, onOneSide) = pair.IsRestored ? SyncAfterRestore.Split(plan) : (plan, []);
                return new SyncFound(bases, left.Value, right.Value, rest, leftOut, leftIsEmpty, rightIsEmpty) { OnOneSide = onOneSide };
            }

            foreach (var reading in readings)
            {
                var (source, entries) = reading.Side == SyncSide.Left ? (sides.Left, left.Value) : (sides.Right, right.Value);
                var read = await SyncReader.ReadAsync(source, entries[reading.Path], progress, cancellationToken);
                if (read.Ok)
                    entries[reading.Path] = read.Value;
                else if (read.Fault.Kind is FaultKind.SourceChanged or FaultKind.Gone or FaultKind.Refused)
                    _ = unreadable.Add(reading); // Its path stays undecided until the next scan.
                else
                    return read.Fault with { AtDestination = reading.Side == SyncSide.Right };
            }
        }
    }

    /// <summary>
    /// Converts identities and versions in the base to the form of a listing. A copy records the pin that it read; compared unchanged, each
    /// copied file would look changed and be read again.
    /// </summary>
    private static SyncBases Comparable(SyncBases bases, OpenPair sides)
    {
        return bases with
        {
            ByPath = bases.ByPath.ToDictionary(
                item => item.Key,
                item => new SyncBase(
                    Listed(item.Value.Left, sides.Left), item.Value.Right is { } right ? Listed(right, sides.Right) : null),
                StringComparer.Ordinal),
        };

        static SyncEntry Listed(SyncEntry agreed, ISource source) => agreed.Id.Length == 0 ? agreed : agreed with
        {
            Identity = source.Traits.HasIdentities ? source.NormalOf(agreed.Id) : null,
            Version = source.VersionOf(agreed.Version),
        };
    }

    /// <summary>
    /// Some storages change files of certain kinds after the upload. Such a file has another version, but the time that the pair has set.
    /// It is treated as unchanged, so that it is not copied back.
    /// </summary>
    private static void SettleRewritten(
        SyncBases bases, OpenPair sides, Dictionary<string, SyncEntry> left, Dictionary<string, SyncEntry> right)
    {
        foreach (var (path, agreed) in bases.ByPath)
        {
            if (agreed.Right is not { } was || !left.TryGetValue(path, out var here) || !right.TryGetValue(path, out var there)
                || here.Modified is not { } one || there.Modified is not { } other || (one - other).Duration() >= OneSecond)
                continue;
            if (IsRewritten(sides.RightSink, path, was, there) && SyncEntry.IsUnchanged(agreed.Left, here) == true)
                right[path] = there with { Size = was.Size, Digests = was.Digests };
            else if (sides.LeftSink is { } sink && IsRewritten(sink, path, agreed.Left, here)
                     && SyncEntry.IsUnchanged(was, there) == true)
                left[path] = here with { Size = agreed.Left.Size, Digests = agreed.Left.Digests };
        }
    }

    private static bool IsRewritten(ISink sink, string path, SyncEntry was, SyncEntry now) =>
        was.Version != now.Version && was.Digests.Count > 0
        && sink.Traits.MayRewrite(new SinkEntry(now.Id, path[(path.LastIndexOf('/') + 1)..], StorageItemKind.File));

    /// <summary>
    /// Adds the folders of the base to the listing of a storage without folders. In such a storage a folder disappears with its last
    /// file although no client has removed the folder, so the folder counts as present while the other side has it.
    /// </summary>
    private static void KeepFolders(
        SyncBases bases, Dictionary<string, SyncEntry> listed, Dictionary<string, SyncEntry> other, Func<SyncBase, SyncEntry?> sideOf)
    {
        // In ordinal order, a folder comes before its children.
        foreach (var (path, agreed) in bases.ByPath.OrderBy(item => item.Key, StringComparer.Ordinal))
        {
            if (sideOf(agreed) is not { IsFolder: true } folder || other.GetValueOrDefault(path)?.IsFolder != true)
                continue;
            var parent = path.LastIndexOf('/') is > 0 and var end ? listed.GetValueOrDefault(path[..end]) : folder;
            if (parent is { IsFolder: true, LeftOut: null })
                _ = listed.TryAdd(path, folder);
        }
    }

    /// <summary>Postpones files of this service that a WebDAV client has locked, directly or through a folder above them.</summary>
    private async Task AddLockedAsync(
        HashSet<string> waiting, SyncPlace place, Dictionary<string, SyncEntry> listed, Dictionary<string, SyncEntry> other,
        CancellationToken cancellationToken)
    {
        if (place.Connection is not null || await ledger.LockedAsync(place.Root, cancellationToken) is not { Count: > 0 } locked)
            return;
        var paths = listed.Where(item => locked.Contains(item.Value.Id)).Select(item => item.Key).ToHashSet(StringComparer.Ordinal);
        // Also postpone items that would be created in a locked folder.
        waiting.UnionWith(listed.Keys.Concat(other.Keys).Where(path => locked.Contains(place.Root) || IsIn(path)));

        bool IsIn(string path)
        {
            for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
            {
                if (paths.Contains(path[..end]))
                    return true;
            }

            return false;
        }
    }

    internal static async Task<StorageFault?> ProveAsync(
        ISource source, SyncPair pair, SyncPlace place, CancellationToken cancellationToken)
    {
        var root = await source.StatAsync(place.Root, cancellationToken);
        if (!root.Ok)
            return root.Fault;
        if (root.Value.Kind != StorageItemKind.Folder)
            return new StorageFault(FaultKind.Gone, "It is not a folder any more.");
        if (root.Value.IsTrashed)
            return new StorageFault(FaultKind.Gone, "The folder is in the trash. Restore it, or end the pair.");
        return source is IRootMark mark ? await mark.ProveAsync(place.Root, pair.Id, cancellationToken) : null;
    }

    private static Task<Outcome<Dictionary<string, SyncEntry>>> ListAsync(
        ISource source, SyncPair pair, SyncPlace place, Action progress, CancellationToken cancellationToken) =>
        new SyncListing(source, pair.Options).ReadAsync(place, progress, cancellationToken);
}
