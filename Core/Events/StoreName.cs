namespace ChunkUpload.Core.Events;

/// <summary>The topic of events about this service's store: the name of the node, or of the only store.</summary>
public sealed record StoreName(string Value = StoreName.Alone)
{
    public const string Alone = "main";
}
