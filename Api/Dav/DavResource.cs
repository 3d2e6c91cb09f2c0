using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>A folder or a file as a PROPFIND describes it.</summary>
/// <param name="Member">Null for /dav itself, which is a folder without an entry.</param>
internal sealed record DavResource(string Href, string Name, DavMember? Member)
{
    public Entry? Entry => Member?.Entry;

    public bool IsFile => Entry is { Kind: EntryKind.File };

    /// <summary>The locks that cover it, each with the address of the place that it is on.</summary>
    public IReadOnlyList<(DavLock Lock, string Href)> Locks { get; init; } = [];

    /// <summary>The properties that clients have set.</summary>
    public IEnumerable<DavProperty> Properties { get; init; } = [];

    /// <summary>The quota; null if it is not requested or unknown.</summary>
    public DavQuota? Quota { get; init; }
}

/// <summary>The quota of RFC 4331.</summary>
internal sealed record DavQuota(long Used, long Available);
