namespace ChunkUpload.Core.Access.Links;

public enum ShareLinkKind
{
    /// <summary>Its holder sends files.</summary>
    Upload = 1,

    /// <summary>Its holder downloads a file, or files in a folder.</summary>
    Download,
}

public static class ShareLinkKinds
{
    /// <summary>Returns the scopes of the link's holder. The link's creator must have them too.</summary>
    public static Scopes Grants(this ShareLinkKind kind) => kind == ShareLinkKind.Upload ? Scopes.Upload : Scopes.Read;
}

/// <summary>A secret address for one purpose, for people and devices without a key.</summary>
/// <param name="MadeBy">The creator's subject.</param>
/// <param name="User">The creator, if it is a user.</param>
/// <param name="MadeWith">The API key with which the link was created. The link ends with the key.</param>
/// <param name="Space">The space of <paramref name="Entry"/>.</param>
/// <param name="Entry">The folder of an upload link, or the file or folder of a download link. Null if uploads stay unfiled.</param>
public sealed record ShareLink(
    Guid Id, ShareLinkKind Kind, string Tenant, string Title, string MadeBy, Guid? User, Guid? MadeWith, EntryId? Space, EntryId? Entry,
    DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt)
{
    /// <summary>The limits of an upload link.</summary>
    public required UploadLimits Uploads { get; init; }

    /// <summary>The maximum number of downloads through the link; null if there is no limit.</summary>
    public long? MaxDownloads { get; init; }

    public long Downloads { get; init; }

    /// <summary>The hash that the password must match; null if it has none.</summary>
    public string? Password { get; init; }

    /// <summary>When the restore of a backup disabled the link; null if it is enabled.</summary>
    public DateTimeOffset? DisabledAt { get; init; }

    public string Subject => SubjectOf(Id);

    public static string SubjectOf(Guid id) => $"link:{id:n}";

    public bool HasEnded(DateTimeOffset now) => RevokedAt is not null || DisabledAt is not null || now >= ExpiresAt;
}

/// <summary>The limits of an upload link. Null or an empty list means no limit.</summary>
/// <param name="MaxSize">Bytes of one file.</param>
/// <param name="MaxBytes">Bytes of all files together.</param>
/// <param name="Types">Media types; image/* stands for all images.</param>
/// <param name="Names">Patterns with * and ?; case does not matter.</param>
/// <param name="Folders">Whether a client may name folders below the link's own.</param>
public sealed record UploadLimits(
    long? MaxSize, long? MaxFiles, long? MaxBytes, IReadOnlyList<string> Types, IReadOnlyList<string> Names, bool Folders)
{
    public static UploadLimits None { get; } = new(null, null, null, [], [], false);

    /// <summary>The files and bytes that unfinished uploads have reserved and finished ones have used.</summary>
    public long Files { get; init; }

    public long Bytes { get; init; }

    /// <summary>The priority of uploads through the link: low or normal.</summary>
    public BandwidthPriority Priority { get; init; } = BandwidthPriority.Normal;

    /// <summary>The size of the largest allowed file; null if only the service's limit applies.</summary>
    public long? Largest => MaxSize < MaxBytes ? MaxSize : MaxBytes ?? MaxSize;
}

/// <summary>The rights of a request through a link: those of the link, as long as its creator has them too.</summary>
/// <param name="Maker">The current rights of the link's creator.</param>
public sealed record LinkGrant(ShareLink Link, Caller Maker);
