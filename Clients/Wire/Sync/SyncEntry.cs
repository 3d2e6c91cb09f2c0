namespace ChunkUpload.Wire.Sync;

/// <summary>A file or a folder of one side, as it was found at a path.</summary>
/// <param name="Id">The id by which the storage knows the item.</param>
public sealed record SyncEntry(string Id, bool IsFolder)
{
    /// <summary>The name of the digest that is computed when two contents have no digest in common.</summary>
    public const string ReadDigest = "sha256";

    /// <summary>Outlives moving and renaming; <c>null</c> if the storage has no such identity.</summary>
    public string? Identity { get; init; }

    /// <summary>The key of the content; equal keys mean equal contents, while different ones may also have the same content.</summary>
    public string? Version { get; init; }
    public long? Size { get; init; }
    public DateTimeOffset? Modified { get; init; }

    /// <summary>The digests of the content that are known, by their names.</summary>
    public IReadOnlyDictionary<string, string> Digests { get; init; } = NoDigests;

    /// <summary>Why the item takes no part, such as a symbolic link or an excluded name; <c>null</c> if it takes part.</summary>
    public string? LeftOut { get; init; }

    private static readonly IReadOnlyDictionary<string, string> NoDigests = new Dictionary<string, string>();

    /// <summary>Returns whether two files have the same content; <c>null</c> if one of them has to be read to know.</summary>
    public static bool? HaveSameContent(SyncEntry one, SyncEntry other)
    {
        if (one.Size is { } size && other.Size is { } otherSize && size != otherSize)
            return false;
        bool? same = null;
        foreach (var (kind, digest) in one.Digests)
        {
            if (!other.Digests.TryGetValue(kind, out var otherDigest))
                continue;
            if (!string.Equals(digest, otherDigest, StringComparison.Ordinal))
                return false;
            same = true;
        }

        return same;
    }

    /// <summary>
    /// Returns whether an item is still what it was; <c>null</c> if it has to be read to know. A new version with the content of the old
    /// one is no change. If the item was read and still cannot be compared, it counts as changed.
    /// </summary>
    public static bool? IsUnchanged(SyncEntry was, SyncEntry now)
    {
        if (was.IsFolder || now.IsFolder)
            return was.IsFolder == now.IsFolder;
        if (was.Version is { } version && version == now.Version)
            return true;
        return HaveSameContent(was, now) ?? (now.Digests.ContainsKey(ReadDigest) ? false : null);
    }
}

/// <summary>What both sides had at a path when they agreed last.</summary>
/// <param name="Right">
/// <c>null</c> if a person decided that the right side stays without the item, as long as the left side does not change it. A person may
/// also have decided to leave two different items as they are.
/// </param>
public sealed record SyncBase(SyncEntry Left, SyncEntry? Right)
{
    /// <summary>
    /// Gets a value that indicates whether a person decided that the left side stays without the item, as long as the right side does not
    /// change it.
    /// </summary>
    public bool LacksLeft => Left.Id.Length == 0;

    public static SyncBase WithoutLeft(SyncEntry right) => new(new SyncEntry("", right.IsFolder), right);
}
