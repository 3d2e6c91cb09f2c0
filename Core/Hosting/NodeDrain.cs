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
    private volatile WaitingWork? _waiting;

    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }

    /// <summary>Gets or sets why the work of all nodes waits; <c>null</c> if a node takes work or still has some in hand.</summary>
    public WaitingWork? Waiting
    {
        get => _waiting;
        set => _waiting = value;
    }
}

/// <param name="Why">The reason and what ends it, for operators.</param>
public sealed record WaitingWork(string Why, DateTimeOffset Since);
