namespace ChunkUpload.Core.Nodes;

/// <summary>The secrets that all nodes of a ledger have in common, each as a file in its data directory.</summary>
public interface INodeSecrets
{
    /// <summary>The key with which requests between nodes are signed. It is derived from cookie.key.</summary>
    byte[] RequestKey();

    /// <summary>Digests of operator.key and cookie.key by these names; empty where a file is missing.</summary>
    IReadOnlyDictionary<string, string> Digests();
}
