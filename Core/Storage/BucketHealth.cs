namespace ChunkUpload.Core.Storage;

/// <summary>Whether a node can use the bucket that all nodes share.</summary>
/// <param name="Name">The bucket for people.</param>
/// <param name="Trouble">Why it cannot be used, for people; <c>null</c>: it can.</param>
/// <param name="Since">Since when this is so; <c>null</c> if that is not known.</param>
public sealed record BucketHealth(string Name, string? Trouble, DateTimeOffset? Since)
{
    /// <summary>Whether its marker is missing, so that it may be empty or another one.</summary>
    public bool IsUnmarked { get; init; }
}
