namespace ChunkUpload.Wire.Sync;

/// <summary>
/// Turns a removal and a copy of the same item into a move. Nothing depends on it but the bytes that need not be copied: if an item is not
/// recognized, it is copied to its new path and removed from the old one.
/// </summary>
internal static class SyncMoves
{
    public static void Find(List<SyncPath> paths)
    {
        Find(paths, SyncVerdict.RemoveRight, SyncVerdict.ToRight, SyncVerdict.MoveRight, Left, Right);
        Find(paths, SyncVerdict.RemoveLeft, SyncVerdict.ToLeft, SyncVerdict.MoveLeft, Right, Left);
    }

    /// <param name="moved">The side on which the item was moved.</param>
    /// <param name="follows">The side that follows.</param>
    private static void Find(
        List<SyncPath> paths, SyncVerdict removal, SyncVerdict copy, SyncVerdict move, Side moved, Side follows)
    {
        var gone = paths.Where(path => path.Verdict == removal && !path.IsHeld && moved.Before(path)?.Identity is not null)
            .GroupBy(path => moved.Before(path)!.Identity!, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        if (gone.Count == 0)
            return;
        foreach (var path in paths)
        {
            if (moved.Now(path) is not { Identity: { } identity } item || !gone.TryGetValue(identity, out var from)
                || follows.Now(from) is not { } known || known.IsFolder != item.IsFolder)
                continue;
            // It moves when it waits no longer.
            if (path.IsWaiting)
                from.Verdict = SyncVerdict.None;
            // The folder is made anew, and what was in it moves there.
            else if (item.IsFolder)
                from.HasMovedElsewhere = true;
            else if (path.Verdict == copy && !path.IsHeld && path.Base is null && follows.Now(path) is null && gone.Remove(identity))
            {
                path.Verdict = move;
                path.MovedFrom = from;
                from.Verdict = SyncVerdict.MovedAway;
            }
        }
    }

    private static Side Left { get; } = new(path => path.Base?.Left, path => path.Left);

    private static Side Right { get; } = new(path => path.Base?.Right, path => path.Right);

    private sealed record Side(Func<SyncPath, SyncEntry?> Before, Func<SyncPath, SyncEntry?> Now);
}
