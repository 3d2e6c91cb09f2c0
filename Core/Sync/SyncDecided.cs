using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>A conflict that a look has found, with what was decided about it.</summary>
/// <param name="Digest">Names the path and what both sides have there.</param>
/// <param name="Answer"><c>null</c> if the owner is asked.</param>
/// <param name="ByRule">Whether the rule of the pair has decided.</param>
public sealed record SyncDecision(SyncConflict Conflict, string Digest, SyncAnswer? Answer, bool ByRule);

/// <summary>What is done because the owner of a pair, or its rule, has decided so.</summary>
internal sealed class SyncDecided
{
    /// <summary>They need no second look.</summary>
    public List<SyncAction> Removals { get; } = [];

    public List<SyncAction> Copies { get; } = [];

    /// <summary>Files that get another name on the same side.</summary>
    public List<SyncAction> Renames { get; } = [];
}
