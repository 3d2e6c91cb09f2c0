namespace ChunkUpload.Core.Events;

/// <summary>The topic of events about this service's store: the node's name, or that of the only store.</summary>
public sealed record StoreName(string Value = StoreName.Alone)
{
    public const string Alone = "main";
}
