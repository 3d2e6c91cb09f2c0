namespace ChunkUpload.Core.Nodes;

/// <summary>
/// A small request of a client that another node answers, because it is about a folder of that node's machine. The other node checks the
/// client's credentials as if the request had come to it.
/// </summary>
/// <param name="Address">The client's address.</param>
public sealed record ForwardedRequest(
    string Method, string Path, string Query, string Scheme, string? Host, string? Address,
    IReadOnlyDictionary<string, string[]> Headers, byte[] Body);

/// <summary>The other node's answer.</summary>
public sealed record ForwardedAnswer(int Status, IReadOnlyDictionary<string, string[]> Headers, byte[] Body);
