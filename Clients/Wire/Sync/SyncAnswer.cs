namespace ChunkUpload.Wire.Sync;

/// <summary>What becomes of the things that a pair asks about.</summary>
public enum SyncAnswer
{
    /// <summary>Removals are done on the other side, too; where both sides differ, the left one counts.</summary>
    Apply = 1,

    /// <summary>What was removed stays on the other side, and returns if the pair has both ways; what differs stays different.</summary>
    Leave,

    /// <summary>With both ways: where both sides differ, the right one counts.</summary>
    Right,

    /// <summary>With both ways: both sides get both, and that of the right side gets another name.</summary>
    Both,
}

/// <summary>What the owner of a pair decides, all of it at once: either removals that the brake stops, or differences.</summary>
/// <param name="Digest">Names the whole list with its versions, so that an answer counts for no other one.</param>
/// <param name="Removals">How many items would be removed.</param>
/// <param name="Conflicts">How many paths differ in a way that no rule decides; they are asked about after the removals.</param>
/// <param name="Examples">The first paths.</param>
public sealed record SyncQuestion(string Digest, int Removals, int Conflicts, IReadOnlyList<SyncQuestionPath> Examples);

/// <param name="Kind">removal, or the kind of the conflict.</param>
public sealed record SyncQuestionPath(string Path, string Kind);
