namespace ChunkUpload.Core.Tree;

/// <summary>A position in the changes of a space.</summary>
/// <param name="Number">The last change that was read; 0 is the beginning.</param>
/// <param name="At">When that change was made, because a restored ledger may reuse its number for another change.</param>
public sealed record ChangeCursor(long Generation, long Number, DateTimeOffset? At);

/// <param name="Reset">The changes after the cursor are not available. List the tree, and then continue from
/// <paramref name="Next"/>.</param>
/// <param name="More">There were more changes when the page was read.</param>
public sealed record FeedPage(bool Reset, IReadOnlyList<TreeChange> Changes, ChangeCursor Next, bool More);

/// <summary>The changes of a space in the order of their numbers, which is the order of their commits.</summary>
public sealed class ChangeFeed(ITreeLedger ledger)
{
    /// <param name="since">The position; null for the beginning.</param>
    public async Task<FeedPage> ReadAsync(EntryId space, ChangeCursor? since, int limit, CancellationToken cancellationToken)
    {
        var page = await ledger.ChangesAsync(space, since?.Number ?? 0, limit, cancellationToken);
        since ??= new ChangeCursor(page.Generation, 0, null);
        if (!Continues(page, since))
            return new FeedPage(true, [], await NowAsync(space, cancellationToken), false);
        var next = page.Changes.Count == 0 ? since : new ChangeCursor(page.Generation, page.Changes[^1].Number, page.Changes[^1].At);
        return new FeedPage(false, page.Changes, next, next.Number < page.Sequence);
    }

    /// <summary>Returns the position after all changes so far.</summary>
    public async Task<ChangeCursor> NowAsync(EntryId space, CancellationToken cancellationToken)
    {
        var newest = await ledger.ChangesAsync(space, long.MaxValue, 0, cancellationToken);
        var page = await ledger.ChangesAsync(space, newest.Sequence, 0, cancellationToken);
        return new ChangeCursor(page.Generation, newest.Sequence, page.AfterAt);
    }

    private static bool Continues(ChangePage page, ChangeCursor since) =>
        since.Generation == page.Generation
        && since.Number >= page.TrimmedTo
        && since.Number <= page.Sequence
        && (page.AfterAt is null || page.AfterAt == since.At);
}
