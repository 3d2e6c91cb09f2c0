namespace ChunkUpload.Core.Access;

/// <summary>A key, with its tenant and its user, as a request presents it.</summary>
/// <param name="User">Null for a tenant's own key.</param>
/// <param name="Until">When this secret expires; null if it is valid as long as the key.</param>
public sealed record HeldKey(ApiKey Key, Tenant Tenant, User? User, DateTimeOffset? Until)
{
    /// <summary>Returns null if the key is not valid any more.</summary>
    public Caller? CallerAt(DateTimeOffset now)
    {
        if (Key.RevokedAt is not null || Key.DisabledAt is not null || now >= Key.ExpiresAt || now >= Until || !Tenant.IsActive)
            return null;
        var credential = new Credential(CredentialKind.ApiKey, Key.Id.ToString("n"));
        return Key.User is null
            ? new Caller(Key.Tenant, Caller.KeySubject(Key.Id))
            {
                Scopes = Key.Scopes,
                SeesAll = Key.Scopes.HasFlag(Scopes.Admin),
                Credential = credential,
            }
            : User?.CallerIn(Key.Tenant, credential, Key.Scopes);
    }
}
