namespace ChunkUpload.Wire.Sync;

/// <summary>A conflict that a scan has found, with what was decided about it.</summary>
/// <param name="Digest">Names the path and what both sides have there.</param>
/// <param name="Answer"><c>null</c> if the owner is asked.</param>
/// <param name="ByRule">Whether the rule of the pair has decided.</param>
public sealed record SyncDecision(SyncConflict Conflict, string Digest, SyncAnswer? Answer, bool ByRule);

/// <summary>What is done because the owner of a pair, or its rule, has decided so.</summary>
public sealed class SyncDecided
{
    /// <summary>They need no second scan.</summary>
    public List<SyncAction> Removals { get; } = [];

    public List<SyncAction> Copies { get; } = [];

    /// <summary>Files that get another name on the same side.</summary>
    public List<SyncAction> Renames { get; } = [];

    /// <summary>What the base becomes without any step.</summary>
    public Dictionary<string, SyncBase> Agreed { get; } = new(StringComparer.Ordinal);

    /// <summary>Paths that leave the base without any step.</summary>
    public List<string> Gone { get; } = [];

    /// <summary>Paths at which both sides stay as they are.</summary>
    public List<string> Left { get; } = [];
}
