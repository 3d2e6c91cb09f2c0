namespace ChunkUpload.Core.Moving;

/// <summary>When finished files are moved to the store that all nodes share.</summary>
/// <param name="After">How long after their completion; <c>null</c> if they stay where they are.</param>
public sealed record Tier(TimeSpan? After);
