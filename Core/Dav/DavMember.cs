using ChunkUpload.Core.Tree;

namespace ChunkUpload.Core.Dav;

/// <summary>An entry as WebDAV shows it.</summary>
/// <param name="ContentType">The declared media type of a file's content; null for a folder.</param>
public sealed record DavMember(Entry Entry, string? ContentType);
