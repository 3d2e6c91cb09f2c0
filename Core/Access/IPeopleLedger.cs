namespace ChunkUpload.Core.Access;

/// <summary>
/// Stores users with their memberships, API keys under the SHA-256 of their secrets, and tenants. Each change raises the version of the
/// access rights.
/// </summary>
public interface IPeopleLedger
{
    /// <returns>False if the name is taken.</returns>
    Task<bool> AddUserAsync(User user, string? password, CancellationToken cancellationToken);

    Task<User?> FindUserAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Returns the user's password hash and second factor, for signing in.</summary>
    Task<UserSecrets?> FindSecretsAsync(string name, CancellationToken cancellationToken);

    Task<UserSecrets?> FindSecretsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Returns users in the order of their names.</summary>
    /// <param name="tenant">Only its members; null means all.</param>
    /// <param name="after">The last name of the previous page.</param>
    Task<IReadOnlyList<User>> ListUsersAsync(string? tenant, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Changes the values that are not null. An empty e-mail address removes the address.</summary>
    /// <returns>False if there is no such user.</returns>
    Task<bool> ChangeUserAsync(
        Guid id, string? displayName, string? email, bool? isOperator, bool? enabled, CancellationToken cancellationToken);

    /// <summary>
    /// Sets the password, ends the user's other sessions, and discards the user's started sign-ins at the issuer.
    /// </summary>
    /// <param name="keep">The session that stays signed in, or null.</param>
    /// <param name="keepAccounts">False unlinks the user's accounts at an external issuer.</param>
    Task SetPasswordAsync(Guid id, string password, Guid? keep, bool keepAccounts, CancellationToken cancellationToken);

    Task SignedInAsync(Guid id, CancellationToken cancellationToken);

    /// <param name="role">Null ends the membership, and with it the user's keys in the tenant and memberships in its team spaces.</param>
    Task SetRoleAsync(Guid id, string tenant, Role? role, CancellationToken cancellationToken);

    /// <summary>Removes the user with sessions, keys and memberships. Files stay, and still name the subject that created them.</summary>
    Task<bool> RemoveUserAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Returns whether a user exists who can sign in.</summary>
    Task<bool> HasUserAsync(CancellationToken cancellationToken);

    /// <summary>Returns whether a user exists who can sign in as an operator.</summary>
    Task<bool> HasOperatorAsync(CancellationToken cancellationToken);

    Task AddKeyAsync(ApiKey key, byte[] secret, CancellationToken cancellationToken);

    /// <param name="tenant">Null for any tenant.</param>
    Task<ApiKey?> FindKeyAsync(string? tenant, Guid id, CancellationToken cancellationToken);

    /// <summary>Returns keys, the newest first.</summary>
    /// <param name="user">Only the keys of this user; null means all of the tenant.</param>
    Task<IReadOnlyList<ApiKey>> ListKeysAsync(string tenant, Guid? user, Guid? after, int limit, CancellationToken cancellationToken);

    /// <summary>Adds a secret. The earlier ones stay valid for a limited time.</summary>
    /// <param name="madeWith">The key of the request: the secret ends when that key is revoked. Null if the request has no key.</param>
    /// <returns>False if there is no such key, or it was revoked.</returns>
    Task<bool> RotateKeyAsync(
        string tenant, Guid id, string prefix, byte[] secret, TimeSpan overlap, Guid? madeWith, CancellationToken cancellationToken);

    /// <returns>False if there is no such key.</returns>
    Task<bool> RevokeKeyAsync(string tenant, Guid id, CancellationToken cancellationToken);

    /// <summary>Enables keys that the restore of a backup disabled.</summary>
    /// <param name="id">Null means all, of every tenant.</param>
    /// <returns>The number of enabled keys.</returns>
    Task<int> EnableKeysAsync(Guid? id, CancellationToken cancellationToken);

    /// <returns>False if the name is taken.</returns>
    Task<bool> AddTenantAsync(string name, string title, CancellationToken cancellationToken);

    Task<Tenant?> FindTenantAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyList<Tenant>> ListTenantsAsync(CancellationToken cancellationToken);

    /// <summary>Changes the values that are not null.</summary>
    Task<bool> ChangeTenantAsync(string name, string? title, bool? suspended, CancellationToken cancellationToken);

    /// <summary>Marks the tenant as removed; a job removes its data.</summary>
    Task<bool> RemoveTenantAsync(string name, CancellationToken cancellationToken);

    /// <summary>Returns a number that increases with every change of the access rights.</summary>
    Task<long> AccessVersionAsync(CancellationToken cancellationToken);

    /// <summary>Returns the key that has this secret, with its user and its tenant; null if there is none.</summary>
    Task<HeldKey?> FindHeldKeyAsync(byte[] secret, CancellationToken cancellationToken);

    /// <summary>Returns the key with this id, with its user and its tenant; null if there is none.</summary>
    Task<HeldKey?> FindHeldKeyAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Returns the link that has this token, with its creator; null if there is none.</summary>
    Task<Links.HeldLink?> FindHeldLinkAsync(byte[] token, CancellationToken cancellationToken);

    Task KeyUsedAsync(Guid id, DateTimeOffset at, CancellationToken cancellationToken);
}
