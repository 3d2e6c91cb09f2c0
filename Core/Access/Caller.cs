using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Core.Access;

/// <summary>
/// The sender of a request. Each row that a request writes carries the tenant and the subject; each query is limited to the tenant.
/// </summary>
public sealed record Caller(string Tenant, string Subject)
{
    /// <summary>The one tenant of a service without accounts.</summary>
    public const string DefaultTenant = "default";

    /// <summary>The holder of the operator key.</summary>
    public static Caller Operator { get; } = new(DefaultTenant, "operator")
    {
        Scopes = Scopes.All,
        SeesAll = true,
        Credential = new Credential(CredentialKind.OperatorKey),
    };

    /// <summary>Returns the subject of a user. A prefix with the kind keeps subjects of users and of keys apart.</summary>
    public static string UserSubject(Guid user) => $"user:{user:n}";

    public static string KeySubject(Guid key) => $"key:{key:n}";

    /// <summary>Every caller while <c>Access:Mode=Open</c>.</summary>
    public static Caller Anonymous { get; } = new(DefaultTenant, "anonymous") { Scopes = Scopes.All, SeesAll = true };

    public Scopes Scopes { get; init; }

    /// <summary>Gets a value that indicates whether the caller sees all uploads and spaces of the tenant, as its admins do.</summary>
    public bool SeesAll { get; init; }

    /// <summary>
    /// Gets a value that indicates whether the caller has access to the caller's own projects only, not to the tenant's shared space.
    /// </summary>
    public bool IsGuest { get; init; }

    /// <summary>The subject whose uploads and spaces the caller sees; null means all of the tenant.</summary>
    public string? Owner => SeesAll ? null : Subject;

    /// <summary>Returns the caller with no more than these scopes.</summary>
    public Caller Within(Scopes most) =>
        this with { Scopes = Scopes & most, SeesAll = SeesAll && (Scopes & most).HasFlag(Scopes.Admin) };

    public Credential Credential { get; init; }

    /// <summary>The id of the API key with which the request came.</summary>
    public Guid? ApiKey =>
        Credential.Kind == CredentialKind.ApiKey && Guid.TryParseExact(Credential.Id, "N", out var key) ? key : null;

    /// <summary>The rights of the link through which the request came; null for every other request.</summary>
    public LinkGrant? Grant { get; init; }

    /// <summary>The id of the user who sends the request, directly or with an API key; null if the caller is no user.</summary>
    public Guid? User => SubjectId.Parse(Subject)?.User;

    /// <summary>Where the request came from and what the client reports about its link; null when neither is known.</summary>
    public ClientNetwork? Network { get; init; }

    /// <summary>The request's User-Agent, as it was sent; null when there is none.</summary>
    public string? UserAgent { get; init; }

    /// <summary>
    /// Returns the priority that the caller gets. A higher one is lowered to the limit: that of the link, which is never high, or normal
    /// for a caller who may only read.
    /// </summary>
    /// <param name="wished">Null if the caller does not say.</param>
    public BandwidthPriority PriorityFor(BandwidthPriority? wished)
    {
        var most = Grant is { } grant ? grant.Link.Uploads.Priority
            : Scopes.HasFlag(Scopes.Upload) ? BandwidthPriority.High
            : BandwidthPriority.Normal;
        var asked = wished ?? BandwidthPriority.Normal;
        return asked < most ? asked : most;
    }

    /// <summary>
    /// Returns whether the caller may continue this unfinished upload. An upload that relays a file transfer belongs to its sender only.
    /// </summary>
    public bool Owns(Upload upload) =>
        upload.Tenant == Tenant && ((SeesAll && upload.RelayOf is null) || upload.Subject == Subject);
}
