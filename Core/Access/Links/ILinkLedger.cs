namespace ChunkUpload.Core.Access.Links;

/// <summary>Stores links under the SHA-256 of their tokens. Each change raises the version of the access rights.</summary>
public interface ILinkLedger
{
    Task AddAsync(ShareLink link, byte[] token, CancellationToken cancellationToken);

    /// <summary>Returns the link, or null if the caller cannot see such a link.</summary>
    /// <param name="maker">Only a link of this subject; null means any of the tenant.</param>
    Task<ShareLink?> FindAsync(string tenant, string? maker, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns links, the newest first.</summary>
    Task<IReadOnlyList<ShareLink>> ListAsync(
        string tenant, string? maker, Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Stores the title, the expiry, the limits of files and downloads, and the password.</summary>
    /// <returns>False if there is no such link.</returns>
    Task<bool> ChangeAsync(ShareLink link, CancellationToken cancellationToken);

    /// <returns>False if there is no such link.</returns>
    Task<bool> RevokeAsync(string tenant, string? maker, Guid id, CancellationToken cancellationToken);

    /// <summary>Enables links that the restore of a backup disabled.</summary>
    /// <param name="id">Null means all, of every tenant.</param>
    /// <returns>The number of enabled links.</returns>
    Task<int> EnableAsync(Guid? id, CancellationToken cancellationToken);

    /// <summary>Counts a download; a client that continues within an hour is not counted again.</summary>
    /// <returns>False if the limit of downloads is reached.</returns>
    Task<bool> CountDownloadAsync(Guid link, EntryId entry, string client, CancellationToken cancellationToken);
}

/// <summary>A link with the data that decides whether it is valid.</summary>
/// <param name="Key">The key with which the link was created.</param>
/// <param name="User">The user who created the link.</param>
/// <param name="MakerReaches">Whether the creator has access to the space without the right to see all of the tenant.</param>
public sealed record HeldLink(ShareLink Link, Tenant Tenant, ApiKey? Key, User? User, bool MakerReaches)
{
    /// <summary>Returns null if the link is not valid any more.</summary>
    public Caller? CallerAt(DateTimeOffset now)
    {
        var scope = Link.Kind.Grants();
        if (Link.HasEnded(now) || !Tenant.IsActive || MakerAt(now) is not { } maker || !maker.Scopes.HasFlag(scope)
            || !(maker.SeesAll || MakerReaches))
            return null;
        return new Caller(Link.Tenant, Link.Subject)
        {
            Scopes = scope,
            Credential = new Credential(CredentialKind.Link, Link.Id.ToString("n")),
            Grant = new LinkGrant(Link, maker),
        };
    }

    private Caller? MakerAt(DateTimeOffset now)
    {
        if (Link.MadeWith is not null)
            return Key is null ? null : new HeldKey(Key, Tenant, User, null).CallerAt(now);
        if (Link.User is not null)
            return User?.CallerIn(Link.Tenant, default);
        return Link.MadeBy == Caller.Operator.Subject || Link.MadeBy == Caller.Anonymous.Subject
            ? Caller.Operator with { Tenant = Link.Tenant }
            : null;
    }
}
