namespace ChunkUpload.Core.Nodes;

/// <summary>Thrown if a folder is used that is on the machine of another node. That node takes the work or the request.</summary>
public sealed class FolderElsewhereException(Guid folder, string name, FolderNode node)
    : Exception($"The folder {name} is on the machine of the node {node.Name}.")
{
    /// <summary>The connection.</summary>
    public Guid Folder => folder;

    public string Name => name;

    public FolderNode Node => node;
}
