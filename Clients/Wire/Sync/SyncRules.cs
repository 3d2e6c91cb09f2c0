namespace ChunkUpload.Wire.Sync;

/// <summary>
/// Compares the base with both sides, path by path, and plans the actions that make the sides equal. The rules are pure: the same input
/// gives the same plan, so a run that was killed at any point continues with the next scan.
/// </summary>
/// <remarks>
/// A file that became a folder, or the reverse, takes two rounds: the first removes what is replaced, the second makes what is new.
/// </remarks>
public static class SyncRules
{
    /// <param name="bases">By path.</param>
    /// <param name="left">By path, including the items that are left out.</param>
    /// <param name="right">By path, including the items that are left out.</param>
    /// <param name="restless">The paths of files that go back and forth, which <see cref="SyncBackAndForth"/> has found.</param>
    /// <param name="waiting">The paths at which nothing is done yet, as <see cref="SyncWaiting"/> finds them.</param>
    public static SyncPlan Plan(
        SyncWay way, IReadOnlyDictionary<string, SyncBase> bases, IReadOnlyDictionary<string, SyncEntry> left,
        IReadOnlyDictionary<string, SyncEntry> right, IReadOnlySet<string>? restless = null, IReadOnlySet<string>? waiting = null)
    {
        // Folders come before their items.
        var paths = bases.Keys.Concat(left.Keys).Concat(right.Keys).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(path => new SyncPath(
                path, bases.GetValueOrDefault(path), left.GetValueOrDefault(path), right.GetValueOrDefault(path)))
            .ToList();
        var byPath = paths.ToDictionary(path => path.Path, StringComparer.Ordinal);
        foreach (var path in paths)
        {
            path.Parent = path.Path.LastIndexOf('/') is > 0 and var end ? byPath.GetValueOrDefault(path.Path[..end]) : null;
            path.Decide(way);
            if (waiting?.Contains(path.Path) == true)
                path.Wait();
            else if (restless?.Contains(path.Path) == true)
                path.AskBeforeItGoesOn();
        }

        KeepFoldersInUse(way, paths);
        SyncMoves.Find(paths);
        return PlanOf(paths.FindAll(path => !path.IsHeld));
    }

    /// <summary>A folder is removed only if all of its content is: what appeared, was changed, or is left out keeps the folder.</summary>
    private static void KeepFoldersInUse(SyncWay way, List<SyncPath> paths)
    {
        // Items come before their folder.
        for (var index = paths.Count - 1; index >= 0; index--)
        {
            var path = paths[index];
            if (path.Verdict is SyncVerdict.RemoveLeft or SyncVerdict.RemoveRight)
                path.KeepIfInUse(way);
            path.Parent?.Saw(path);
        }
    }

    private static SyncPlan PlanOf(List<SyncPath> paths)
    {
        var actions = new List<SyncAction>();
        actions.AddRange(Of(SyncVerdict.Adopt, SyncActionKind.Adopt, SyncSide.Right));
        actions.AddRange(Of(SyncVerdict.Forget, SyncActionKind.Forget, SyncSide.Right));
        actions.AddRange(Of(SyncVerdict.ToRight, SyncActionKind.MakeFolder, SyncSide.Right, path => path.Left!.IsFolder));
        actions.AddRange(Of(SyncVerdict.ToLeft, SyncActionKind.MakeFolder, SyncSide.Left, path => path.Right!.IsFolder));
        actions.AddRange(Of(SyncVerdict.MoveRight, SyncActionKind.Move, SyncSide.Right));
        actions.AddRange(Of(SyncVerdict.MoveLeft, SyncActionKind.Move, SyncSide.Left));
        actions.AddRange(Of(SyncVerdict.ToRight, SyncActionKind.Copy, SyncSide.Right, path => !path.Left!.IsFolder));
        actions.AddRange(Of(SyncVerdict.ToLeft, SyncActionKind.Copy, SyncSide.Left, path => !path.Right!.IsFolder));
        actions.AddRange(Of(SyncVerdict.RemoveRight, SyncActionKind.Remove, SyncSide.Right).Reverse());
        actions.AddRange(Of(SyncVerdict.RemoveLeft, SyncActionKind.Remove, SyncSide.Left).Reverse());
        return new SyncPlan(
            actions,
            [.. paths.Where(path => path.Verdict == SyncVerdict.Conflict)
                .Select(path => new SyncConflict(path.Conflict, path.Path, path.Left, path.Right))],
            [.. paths.SelectMany(path => path.Readings)])
        {
            Waiting = [.. paths.Where(path => path.IsWaiting).Select(path => path.Path)],
        };

        IEnumerable<SyncAction> Of(SyncVerdict verdict, SyncActionKind kind, SyncSide at, Func<SyncPath, bool>? where = null) =>
            paths.Where(path => path.Verdict == verdict && where?.Invoke(path) != false)
                .Select(path => new SyncAction(kind, at, path.Path)
                {
                    From = path.MovedFrom?.Path,
                    Left = at == SyncSide.Left && path.MovedFrom is { } from ? from.Left : path.Left,
                    Right = at == SyncSide.Right && path.MovedFrom is { } origin ? origin.Right : path.Right,
                    CountsAsRemoval = kind == SyncActionKind.Remove && !path.HasMovedElsewhere,
                });
    }
}
