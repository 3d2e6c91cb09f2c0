using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>A pair that a caller requests.</summary>
public sealed record SyncDraft(string Title, Guid? Left, string LeftRoot, Guid? Right, string RightRoot)
{
    /// <summary>The time between two scans; <c>null</c> for the default of the storages.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>When it scans, instead of an interval.</summary>
    public string? Cron { get; init; }

    public bool Once { get; init; }

    /// <summary>The ids of the selected items in the left folder, for a one-way pair; <c>null</c> for the whole folder.</summary>
    public IReadOnlyList<string>? LeftItems { get; init; }

    public SyncWay Way { get; init; } = SyncWay.LeftToRight;

    public SyncConflictRule ConflictRule { get; init; } = SyncConflictRule.Ask;

    public TransferOptions Options { get; init; } = new();
}

/// <summary>Creates pairs after checking both sides with the caller's rights.</summary>
public sealed class SyncMaker(
    ISyncLedger ledger, SyncEnds ends, IArrivalLedger trees, Credentials credentials, WorkQueue queue, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _making = new(1, 1);

    /// <summary>The maximum number of selected items. Each costs a request in each scan.</summary>
    public const int MostItems = 300;

    /// <summary>The maximum number of pairs of a user.</summary>
    public const int Most = 100;

    private static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The interval for a pair with a side that must be listed to find changes: the storage limits these requests, or charges for them.
    /// </summary>
    private static readonly TimeSpan AccountInterval = TimeSpan.FromMinutes(5);

    public void Dispose() => _making.Dispose();

    public async Task<(SyncPair? Made, DraftRefusal? Refusal)> MakeAsync(
        Caller caller, SyncDraft draft, CancellationToken cancellationToken)
    {
        // 1. Check both sides.
        var opened = await ends.OpenAsync(caller, draft.Left, draft.Right, draft.Way, draft.Options, cancellationToken);
        if (!opened.Ok)
            return No(DraftFault.Storage, opened.Fault);
        using var sides = opened.Value;
        var (left, noLeft) = await PlaceAsync(sides.Left, draft.Left, draft.LeftRoot, "left.folder", cancellationToken);
        var (right, noRight) = await PlaceAsync(sides.Right, draft.Right, draft.RightRoot, "right.folder", cancellationToken);
        if (left is null || right is null)
            return (null, noLeft ?? noRight);
        var places = new SyncPlaces(caller, ends, trees);
        if (draft.LeftItems is { } items)
        {
            if (await ChosenFaultAsync(places, sides.Left, left, items, cancellationToken) is { } fault)
                return (null, fault);
            left = left with { Items = items };
        }

        var pair = new SyncPair(
            Guid.NewGuid(), caller.Tenant, caller.Subject, caller.Scopes, caller.ApiKey, draft.Title, left, right)
        {
            Way = draft.Way,
            ConflictRule = draft.ConflictRule,
            Options = draft.Options,
            Interval = draft.Interval ?? UsualOf(sides, left, right),
            Cron = draft.Cron,
            Once = draft.Once,
            MadeAt = time.GetUtcNow(),
        };

        // Pairs are added one at a time: if two would form a cycle, the second one is refused.
        await _making.WaitAsync(cancellationToken);
        try
        {
            return await AddAsync(caller, draft, sides, pair, places, cancellationToken);
        }
        finally
        {
            _ = _making.Release();
        }
    }

    private async Task<(SyncPair? Pair, DraftRefusal? Refusal)> AddAsync(
        Caller caller, SyncDraft draft, OpenPair sides, SyncPair pair, SyncPlaces places, CancellationToken cancellationToken)
    {
        var (left, right) = (pair.Left, pair.Right);
        // 2. Check that the rights last, and that no cycle is formed.
        var owner = await credentials.OfSubjectAsync(caller.Tenant, caller.Subject, caller.ApiKey, cancellationToken);
        if (owner?.Within(caller.Scopes).Scopes.HasFlag(pair.Needs) != true)
        {
            return (null, new DraftRefusal(
                DraftFault.NotPermitted,
                "A pair continues without you, so make it as a user or with a key that may read, upload and delete, not with a token."));
        }

        var others = await ledger.ListAsync(caller, cancellationToken);
        if (await places.OverlapAsync(left, right, cancellationToken))
            return (null, new DraftRefusal(DraftFault.Circle, "One side is the other one, or lies in it. Choose two separate folders."));
        if (await FeedsAsync(places, right, left, others, cancellationToken)
            || (draft.Way == SyncWay.Both && await FeedsAsync(places, left, right, others, cancellationToken)))
        {
            return (null, new DraftRefusal(
                DraftFault.Circle, "Other pairs lead from one side to the other one, so what is copied would come back."));
        }

        // 3. Write the markers, and add the pair.
        foreach (var (source, place) in new[] { (sides.Left, left), (sides.Right, right) })
        {
            if (source is IRootMark mark && await mark.MarkAsync(place.Root, pair.Id, cancellationToken) is { } unmarked)
                return No(DraftFault.Storage, unmarked);
        }

        if (!await ledger.AddAsync(pair, Most, cancellationToken))
            return (null, new DraftRefusal(DraftFault.TooMany, $"A user has at most {Most} pairs; end one first."));
        queue.Wake();
        return (pair, null);
    }

    private static (SyncPair? Made, DraftRefusal? Refusal) No(DraftFault fault, StorageFault why) => (
        null,
        new DraftRefusal(fault, $"{(why.AtDestination ? "Right" : "Left")} side: {why.Sentence}")
        {
            MayPass = why.Kind is FaultKind.Transient or FaultKind.Throttled,
        });

    private static async Task<(SyncPlace? Place, DraftRefusal? Refusal)> PlaceAsync(
        ISource source, Guid? connection, string root, string field, CancellationToken cancellationToken)
    {
        var found = await source.StatAsync(root, cancellationToken);
        if (!found.Ok)
            return (null, new DraftRefusal(DraftFault.Storage, $"{found.Fault.Sentence} ({field})"));
        return found.Value is { Kind: StorageItemKind.Folder, Skip: null }
            ? (new SyncPlace(connection, found.Value.Id, found.Value.Name), null)
            : (null, new DraftRefusal(DraftFault.NoFolder, $"{field} is no folder."));
    }

    private static async Task<DraftRefusal?> ChosenFaultAsync(
        SyncPlaces places, ISource source, SyncPlace place, IReadOnlyList<string> items, CancellationToken cancellationToken)
    {
        foreach (var id in items)
        {
            var found = await source.FindAsync(id, cancellationToken);
            if (!found.Ok)
                return new DraftRefusal(DraftFault.Storage, $"{found.Fault.Sentence} (left.items)");
            if (found.Value is { Skip: { } skip })
                return new DraftRefusal(DraftFault.NoFolder, $"{found.Value.Name} of left.items cannot be kept in sync: {skip}");
            if (!await places.LiesInAsync(source, found.Value, place, cancellationToken))
                return new DraftRefusal(DraftFault.NoFolder, $"{found.Value.Name} of left.items does not lie in left.folder.");
        }

        return null;
    }

    /// <summary>Returns whether changes of one folder reach another one through pairs.</summary>
    private static async Task<bool> FeedsAsync(
        SyncPlaces places, SyncPlace from, SyncPlace to, IReadOnlyList<SyncPair> pairs, CancellationToken cancellationToken)
    {
        var reached = new Queue<SyncPlace>([from]);
        var left = pairs.SelectMany(WaysOf).ToList();
        while (reached.TryDequeue(out var place))
        {
            foreach (var way in left.ToList())
            {
                if (!await places.OverlapAsync(place, way.From, cancellationToken))
                    continue;
                if (await places.OverlapAsync(way.To, to, cancellationToken))
                    return true;
                left.Remove(way);
                reached.Enqueue(way.To);
            }
        }

        return false;
    }

    private static IEnumerable<(SyncPlace From, SyncPlace To)> WaysOf(SyncPair pair) => pair.Way == SyncWay.Both
        ? [(pair.Left, pair.Right), (pair.Right, pair.Left)]
        : [(pair.Left, pair.Right)];

    private static TimeSpan UsualOf(OpenPair sides, SyncPlace left, SyncPlace right)
    {
        // A storage without a feed is listed each time, which costs its owner requests.
        (ISource Source, SyncPlace Place)[] both = [(sides.Left, left), (sides.Right, right)];
        return !both.All(side => side.Place.Connection is null || side.Source is IChangeFeed feed && feed.Covers(side.Place.Root))
            ? AccountInterval
            : UsualInterval;
    }
}
