namespace ChunkUpload.Wire.Sync;

/// <summary>
/// After a restore from a backup the base is older than both sides. Of what only one side has nobody can tell whether it is new there, or
/// was removed from the other one: it is neither removed nor brought back until a person has answered.
/// </summary>
public static class SyncAfterRestore
{
    /// <returns>The plan without such items, and what removes them, deepest first.</returns>
    public static (SyncPlan Others, IReadOnlyList<SyncAction> Removals) Split(SyncPlan plan)
    {
        var lacking = plan.Actions.Where(action => action.Kind == SyncActionKind.Remove || IsNew(action)).ToList();
        return (
            plan with { Actions = [.. plan.Actions.Except(lacking)] },
            [.. lacking.Select(RemovalOf).OrderByDescending(action => action.Path, StringComparer.Ordinal)]);
    }

    private static bool IsNew(SyncAction action) => action.Kind is SyncActionKind.Copy or SyncActionKind.MakeFolder
        && (action.At == SyncSide.Right ? action.Right : action.Left) is null;

    private static SyncAction RemovalOf(SyncAction action)
    {
        if (action.Kind == SyncActionKind.Remove)
            return action;
        var at = action.At == SyncSide.Right ? SyncSide.Left : SyncSide.Right;
        return new SyncAction(SyncActionKind.Remove, at, action.Path)
        {
            Left = at == SyncSide.Left ? action.Left : null,
            Right = at == SyncSide.Right ? action.Right : null,
        };
    }
}
