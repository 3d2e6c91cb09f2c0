namespace ChunkUpload.Wire.Sync;

/// <summary>What decides about files that both sides have changed.</summary>
public enum SyncConflictRule
{
    /// <summary>The owner decides about each.</summary>
    Ask = 1,

    /// <summary>The file that was changed last counts. If the times are within two seconds, the owner decides.</summary>
    Newer,

    /// <summary>The larger file counts. If both have one size, the owner decides.</summary>
    Larger,
    Left,
    Right,

    /// <summary>Both sides get both files.</summary>
    Both,
}

/// <summary>Applies the rules for conflicts. What is not a file on both sides is for the owner to decide.</summary>
public static class SyncConflictRules
{
    /// <summary>Storages round times, and a copy gets the time of its original.</summary>
    private static readonly TimeSpan SameTime = TimeSpan.FromSeconds(2);

    /// <returns><c>null</c> if the owner decides.</returns>
    public static SyncAnswer? AnswerOf(SyncConflictRule rule, SyncConflict conflict)
    {
        // A rule that decides about a file would let it go back and forth for ever.
        if (conflict is not { Left: { IsFolder: false } left, Right: { IsFolder: false } right, Kind: not SyncConflictKind.BackAndForth })
            return null;
        return rule switch
        {
            SyncConflictRule.Newer when left.Modified is { } here && right.Modified is { } there && (here - there).Duration() > SameTime =>
                here > there ? SyncAnswer.Apply : SyncAnswer.Right,
            SyncConflictRule.Larger when left.Size is { } here && right.Size is { } there && here != there =>
                here > there ? SyncAnswer.Apply : SyncAnswer.Right,
            SyncConflictRule.Left => SyncAnswer.Apply,
            SyncConflictRule.Right => SyncAnswer.Right,
            SyncConflictRule.Both => SyncAnswer.Both,
            _ => null,
        };
    }
}
