namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Holds whether this node is being drained: it starts no new uploads and no new work, so that it can be stopped without disturbing
/// clients. Running operations continue.
/// </summary>
public sealed class NodeDrain
{
    /// <summary>Gets a value that indicates whether the role of this node includes work.</summary>
    public bool HasWork { get; init; } = true;

    private volatile bool _isDraining;

    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }
}
