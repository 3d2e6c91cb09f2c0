using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Limits;

public enum LimitScope
{
    /// <summary>The values for every tenant, user or key that has none of its own.</summary>
    Default = 1,
    Tenant,
    User,
    Key,

    /// <summary>The address from which requests come. Only defaults exist for it.</summary>
    Address,

    /// <summary>The whole service: the bandwidth of all flows together.</summary>
    Service,

    /// <summary>One upload, or the downloads of one file. Only defaults exist for it, and only for bandwidth.</summary>
    Upload,

    /// <summary>The sign-in of a browser. Only defaults exist for it.</summary>
    Session,
}

/// <summary>The tenant, user, key or other thing that a row of limits applies to.</summary>
/// <param name="Tenant">The tenant; empty for a default.</param>
/// <param name="Id">
/// For a default, one of tenant, user, key, address, upload and session. For a tenant or the service, empty. Otherwise, the subject.
/// </param>
public sealed record LimitTarget(LimitScope Scope, string Tenant, string Id)
{
    public static LimitTarget Service { get; } = new(LimitScope.Service, "", "");

    public static LimitTarget DefaultOf(LimitScope scope) => new(LimitScope.Default, "", scope.Word());

    public static LimitTarget OfTenant(string tenant) => new(LimitScope.Tenant, tenant, "");

    /// <summary>Returns the target of a user or a key; null for subjects without limits of their own, such as the operator.</summary>
    public static LimitTarget? OfSubject(string tenant, string subject) => subject.Split(':', 2)[0] switch
    {
        "key" => new(LimitScope.Key, tenant, subject),
        "user" or "oidc" or "cert" => new(LimitScope.User, tenant, subject),
        _ => null,
    };

    /// <summary>Returns a text for people and for the audit, such as <c>tenant:acme</c> or <c>acme user:…</c>.</summary>
    public override string ToString() => Scope switch
    {
        LimitScope.Default => $"default:{Id}",
        LimitScope.Tenant => $"tenant:{Tenant}",
        LimitScope.Service => "service",
        _ => $"{Tenant} {Id}",
    };

    /// <summary>Returns the key of the request if it acts as a user, or the sign-in of the browser.</summary>
    public static LimitTarget? OfCredential(Caller caller) => caller.Credential switch
    {
        { Kind: CredentialKind.ApiKey, Id: { } id } when Guid.TryParse(id, out var key) =>
            new(LimitScope.Key, caller.Tenant, Caller.KeySubject(key)),
        { Kind: CredentialKind.Session, Id: { } id } => OfSession(caller.Tenant, id),
        _ => null,
    };

    public static LimitTarget OfSession(string tenant, string id) => new(LimitScope.Session, tenant, $"session:{id}");
}

public static class LimitScopes
{
    public static string Word(this LimitScope scope) => scope switch
    {
        LimitScope.Tenant => "tenant",
        LimitScope.User => "user",
        LimitScope.Key => "key",
        LimitScope.Address => "address",
        LimitScope.Service => "service",
        LimitScope.Upload => "upload",
        LimitScope.Session => "session",
        _ => "default",
    };

    public static LimitScope? Parse(string word) => word switch
    {
        "default" => LimitScope.Default,
        "tenant" => LimitScope.Tenant,
        "user" => LimitScope.User,
        "key" => LimitScope.Key,
        "address" => LimitScope.Address,
        "service" => LimitScope.Service,
        "upload" => LimitScope.Upload,
        "session" => LimitScope.Session,
        _ => null,
    };
}
