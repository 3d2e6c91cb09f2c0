namespace ChunkUpload.Wire.Sync;

public enum SyncSide
{
    Left = 1,
    Right,
}

public enum SyncWay
{
    /// <summary>The left side decides. Items that only the right side has stay.</summary>
    LeftToRight = 1,

    /// <summary>Changes go in both directions.</summary>
    Both,
}

public enum SyncActionKind
{
    /// <summary>Both sides agree: record the path in the base.</summary>
    Adopt = 1,

    /// <summary>Neither side has the item, or it is left out now: remove the path from the base.</summary>
    Forget,
    MakeFolder,

    /// <summary>Move the item from <see cref="SyncAction.From"/> to the path.</summary>
    Move,

    /// <summary>Copy the file from the other side; it replaces the one that is there.</summary>
    Copy,
    Remove,
}

public enum SyncConflictKind
{
    BothChanged = 1,
    BothNew,
    FileAndFolder,

    /// <summary>One way: the right side was changed, which only a person may undo.</summary>
    ChangedAtDestination,

    /// <summary>One way: the right side has removed what the left side still has.</summary>
    RemovedAtDestination,

    /// <summary>Programs on both sides change the file again and again, as <see cref="SyncBackAndForth"/> has found.</summary>
    BackAndForth,
}

/// <summary>A step that brings the sides together.</summary>
/// <param name="At">The side that is changed.</param>
public sealed record SyncAction(SyncActionKind Kind, SyncSide At, string Path)
{
    /// <summary>The previous path of an item that moves.</summary>
    public string? From { get; init; }

    /// <summary>The item of the left side at the path.</summary>
    public SyncEntry? Left { get; init; }

    /// <summary>What the right side has: at the path, or at <see cref="From"/> for an item that moves.</summary>
    public SyncEntry? Right { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the brake counts the step as a removal: folders whose content has moved elsewhere do not count.
    /// </summary>
    public bool CountsAsRemoval { get; init; }
}

/// <summary>A path about which a person decides, or a rule that the person has chosen. Nothing below the path changes until then.</summary>
public sealed record SyncConflict(SyncConflictKind Kind, string Path, SyncEntry? Left, SyncEntry? Right);

/// <summary>A file that has to be read before its path can be decided.</summary>
public sealed record SyncReading(SyncSide Side, string Path);

/// <summary>The plan that results from the base and both sides.</summary>
/// <param name="Actions">
/// In the order in which they are done: folders before their content, copies before removals, content before its folder.
/// </param>
public sealed record SyncPlan(
    IReadOnlyList<SyncAction> Actions, IReadOnlyList<SyncConflict> Conflicts, IReadOnlyList<SyncReading> Readings)
{
    /// <summary>Paths at which something is to be done later, because a program has the file open or it is new and empty.</summary>
    public IReadOnlyList<string> Waiting { get; init; } = [];

    /// <summary>Returns how many items the plan removes from a side, for <see cref="RemovalBrake"/>.</summary>
    public int RemovalsAt(SyncSide side) => Actions.Count(action => action.CountsAsRemoval && action.At == side);
}
