using System.Text.Json.Serialization;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>An API key without its secret.</summary>
internal sealed record KeyView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","name":"backup","kind":"tenant","tenant":"default","user":null,"prefix":"cu_Zx81pQ0a","scopes":["upload",
         "list"],"madeBy":"operator","createdAt":"2026-01-15T09:30:00.000Z","expiresAt":null,"usedAt":"2026-01-15T09:31:00.000Z",
         "revokedAt":null,"activity":{{ActivityView.Example}} }
        """;

    public const string NewExample = $$"""
        {"key":{{Example}},"secret":"cu_Zx81pQ0a_9QxT0vJm3kLw7dYc1bRf5hNs2gAe8uPz4oViXqKtMjE"}
        """;

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>own: acts as its user; tenant: acts as itself.</summary>
    public required string Kind { get; init; }

    public required string Tenant { get; init; }

    /// <summary>The id of its user; null for a tenant's key.</summary>
    public required string? User { get; init; }

    /// <summary>The first characters of its newest secret.</summary>
    public required string Prefix { get; init; }

    /// <summary>The maximum scopes; a user's key never has more than the user.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    public required string MadeBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was last used, accurate to about a minute.</summary>
    public required DateTimeOffset? UsedAt { get; init; }

    /// <summary>When it, or the key that created it, was revoked.</summary>
    public required DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Set if the restore of a backup disabled it. An operator can enable it: tools/run keys enable.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>The activity of the key or of its user; only in the list.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ActivityView? Activity { get; init; }

    public static ActiveSubject SubjectOf(ApiKey key) => new(
        key.Tenant, key.User is { } user ? Caller.UserSubject(user) : Caller.KeySubject(key.Id));

    public static KeyView Of(ApiKey key) => new()
    {
        Id = key.Id.ToString("n"),
        Name = key.Name,
        Kind = key.User is null ? KeyRules.TenantKind : KeyRules.OwnKind,
        Tenant = key.Tenant,
        User = key.User?.ToString("n"),
        Prefix = key.Prefix,
        Scopes = ScopeNames.Of(key.Scopes),
        MadeBy = key.MadeBy,
        CreatedAt = key.CreatedAt,
        ExpiresAt = key.ExpiresAt,
        UsedAt = key.UsedAt,
        RevokedAt = key.RevokedAt,
        DisabledAt = key.DisabledAt,
    };
}

/// <param name="Secret">The key itself. It is shown only now; the service stores only a digest.</param>
internal sealed record IssuedKeyView(KeyView Key, string Secret);

/// <summary>Decides which keys a caller may see, create, renew and revoke.</summary>
internal static class KeyRules
{
    public const string OwnKind = "own";
    public const string TenantKind = "tenant";

    public static readonly TimeSpan DefaultOverlap = TimeSpan.FromDays(1);
    public static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);

    public static Refusal NoSuchKey { get; } = Refusal.Of(
        RequestError.NoSuchKey, "There is no key with this id that you may see. GET /api/keys lists them.");

    public static Refusal NotYours { get; } = Refusal.Of(
        RequestError.NotPermitted, "Only the key's user may do that; an administrator may revoke the key and make another.");

    /// <summary>Returns the key, if the caller may see it.</summary>
    public static async Task<ApiKey?> FindAsync(
        string id, Caller caller, Authority authority, IPeopleLedger people, CancellationToken cancellationToken)
    {
        if (!PeopleRoutes.TryReadId(id, out var found)
            || await people.FindKeyAsync(authority.IsOperator ? null : caller.Tenant, found, cancellationToken) is not { } key)
            return null;
        return authority.Administers(key.Tenant) || IsOwn(caller, key) ? key : null;
    }

    /// <summary>Returns whether the key belongs to the caller: to the same user, or it is the key of the request.</summary>
    public static bool IsOwn(Caller caller, ApiKey key) =>
        key.Tenant == caller.Tenant && (key.User is { } user ? caller.User == user : IsThis(caller, key));

    /// <summary>Returns whether the caller may get a new secret of the key. This counts as granting the key's scopes.</summary>
    public static bool MayRenew(Caller caller, Authority authority, ApiKey key) =>
        key.User is null
            ? authority.MayGrant(key.Scopes) && (authority.Administers(key.Tenant) || IsThis(caller, key))
            : IsOwn(caller, key) && (IsSession(caller) || authority.MayGrant(key.Scopes));

    /// <summary>
    /// Returns whether the caller may revoke the key. A key with few scopes cannot revoke keys of its user that have more.
    /// </summary>
    public static bool MayRevoke(Caller caller, Authority authority, ApiKey key) =>
        authority.Administers(key.Tenant) || (IsOwn(caller, key) && (IsSession(caller) || authority.MayGrant(key.Scopes)));

    /// <summary>Returns the latest expiry of a key that the caller creates: a key cannot create one that expires later.</summary>
    public static async Task<DateTimeOffset?> LatestEndAsync(Caller caller, IPeopleLedger people, CancellationToken cancellationToken) =>
        caller.ApiKey is { } id && await people.FindKeyAsync(caller.Tenant, id, cancellationToken) is { } own
            ? own.ExpiresAt
            : null;

    private static bool IsThis(Caller caller, ApiKey key) => caller.ApiKey == key.Id;

    private static bool IsSession(Caller caller) => caller.Credential.Kind == CredentialKind.Session;
}
