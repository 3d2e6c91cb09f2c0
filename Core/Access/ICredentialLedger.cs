using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Core.Access;

/// <summary>Finds who holds a credential.</summary>
public interface ICredentialLedger
{
    /// <summary>A number that rises with every change of the access rights.</summary>
    Task<long> VersionAsync(CancellationToken cancellationToken);

    /// <summary>The key that has this secret, with its user and its tenant; null if there is none.</summary>
    Task<HeldKey?> KeyAsync(byte[] secret, CancellationToken cancellationToken);

    /// <summary>The key with this id, with its user and its tenant; null if there is none.</summary>
    Task<HeldKey?> KeyAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The link that has this token, with its maker; null if there is none.</summary>
    Task<HeldLink?> LinkAsync(byte[] token, CancellationToken cancellationToken);

    Task KeyUsedAsync(Guid id, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <param name="User">Null for a tenant's own key.</param>
/// <param name="Until">When this secret of the key ends; null: with the key.</param>
public sealed record HeldKey(ApiKey Key, Tenant Tenant, User? User, DateTimeOffset? Until)
{
    /// <summary>Null if the key is not valid any more.</summary>
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
