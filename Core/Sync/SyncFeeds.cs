using System.Globalization;
using ChunkUpload.Core.Connections;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>The positions of the change feeds of both sides.</summary>
/// <param name="Left"><c>null</c> if the left side has no feed.</param>
/// <param name="IsQuiet">Whether nothing in the pair has changed since its last scan.</param>
/// <param name="LongestQuiet">How long the feeds are trusted before the next scan.</param>
internal sealed record SyncNews(string? Left, string? Right, bool IsQuiet, TimeSpan LongestQuiet)
{
    public static long? SequenceOf(SyncPlace place, string? position) =>
        place.Connection is null && position is not null ? long.Parse(position, CultureInfo.InvariantCulture) : null;
}

/// <summary>
/// Finds out whether a side has changed, without listing it. A feed only determines when to scan; the scan decides what to do.
/// </summary>
internal sealed class SyncFeeds(SyncPair pair, OpenPair sides, ISyncWorkLedger ledger)
{
    private const int MostPages = 20;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private SyncBases? _bases;

    public async Task<Outcome<SyncNews>> ReadAsync(CancellationToken cancellationToken)
    {
        var left = await ReadAsync(SyncSide.Left, pair.LeftPosition, cancellationToken);
        if (!left.Ok)
            return left.Fault;
        var right = await ReadAsync(SyncSide.Right, pair.RightPosition, cancellationToken);
        if (!right.Ok)
            return right.Fault with { AtDestination = true };
        return new SyncNews(
            left.Value.Position, right.Value.Position, left.Value.IsQuiet && right.Value.IsQuiet,
            sides.Feeds.Select(feed => feed.LongestQuiet).Append(Longest).Min());
    }

    private async Task<Outcome<SideNews>> ReadAsync(SyncSide side, string? known, CancellationToken cancellationToken)
    {
        var place = pair.PlaceAt(side);
        if (place.Connection is null)
        {
            var sequence = (await ledger.SequenceAsync(place.Root, cancellationToken))?.ToString(CultureInfo.InvariantCulture);
            return new SideNews(sequence, sequence is not null && sequence == known);
        }

        if (sides.SourceAt(side) is not IChangeFeed feed)
            return new SideNews(null, IsQuiet: false);
        return known is null
            ? await BeginAsync(feed, place, cancellationToken)
            : await ContinueAsync(feed, side, place, known, cancellationToken);
    }

    private static async Task<Outcome<SideNews>> BeginAsync(IChangeFeed feed, SyncPlace place, CancellationToken cancellationToken)
    {
        var begun = await feed.PositionAsync(place.Root, cancellationToken);
        return begun.Ok ? new SideNews(begun.Value, IsQuiet: false)
            // Without a feed, the folders are listed each time.
            : begun.Fault.Kind is FaultKind.Gone or FaultKind.Refused ? new SideNews(null, IsQuiet: false)
            : begun.Fault;
    }

    private async Task<Outcome<SideNews>> ContinueAsync(
        IChangeFeed feed, SyncSide side, SyncPlace place, string position, CancellationToken cancellationToken)
    {
        var isQuiet = true;
        for (var pages = 0; pages < MostPages; pages++)
        {
            var page = await feed.ChangesAsync(position, cancellationToken);
            if (page is { Ok: false, Fault.Kind: FaultKind.Gone or FaultKind.Refused })
                return await BeginAsync(feed, place, cancellationToken);
            if (!page.Ok)
                return page.Fault;
            position = page.Value.Next;
            isQuiet = isQuiet && (page.Value.Changes.Count == 0 || !await ConcernsAsync(side, page.Value.Changes, cancellationToken));
            if (!page.Value.HasMore)
                return new SideNews(position, isQuiet);
        }

        // There are so many changes that a scan is cheaper.
        return await BeginAsync(feed, place, cancellationToken);
    }

    /// <summary>Returns whether one of the changes concerns an item of the pair, or in a folder of it.</summary>
    private async Task<bool> ConcernsAsync(SyncSide side, IReadOnlyList<ChangedItem> changes, CancellationToken cancellationToken)
    {
        var source = sides.SourceAt(side);
        _bases ??= await ledger.BasesAsync(pair, cancellationToken);
        var known = _bases.ByPath.Values
            .Select(agreed => side == SyncSide.Left ? agreed.Left : agreed.Right).OfType<SyncEntry>()
            .Select(entry => source.NormalOf(entry.Id)).ToHashSet(StringComparer.Ordinal);
        _ = known.Add(source.NormalOf(pair.PlaceAt(side).Root));
        return changes.Any(change => known.Contains(source.NormalOf(change.Id))
            || (change.Parent is { } parent && known.Contains(source.NormalOf(parent))));
    }

    private sealed record SideNews(string? Position, bool IsQuiet);
}
