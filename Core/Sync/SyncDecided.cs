using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>What is done because the owner of a pair has decided so.</summary>
/// <param name="Removals">They need no second look.</param>
/// <param name="Renames">Files that get another name on the same side.</param>
internal sealed record SyncDecided(
    IReadOnlyList<SyncAction> Removals, IReadOnlyList<SyncAction> Copies, IReadOnlyList<SyncAction> Renames)
{
    public static SyncDecided Nothing { get; } = new([], [], []);
}
