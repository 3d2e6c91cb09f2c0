namespace ChunkUpload.Core.Hosting;

/// <summary>
/// Whether this node is being drained: it begins no new uploads and takes no work, so that it can be stopped without anybody waiting. What
/// is under way continues.
/// </summary>
public sealed class NodeDrain
{
    private volatile bool _isDraining;

    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }
}
