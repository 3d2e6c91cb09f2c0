namespace ChunkUpload.Core.Access;

/// <summary>Stores users and their memberships. Each change raises the version of the access rights.</summary>
public interface IUserLedger
{
    /// <returns>False if the name is taken.</returns>
    Task<bool> AddAsync(User user, string? password, CancellationToken cancellationToken);

    Task<User?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>For signing in.</summary>
    Task<UserSecrets?> FindAsync(string name, CancellationToken cancellationToken);

    Task<UserSecrets?> FindSecretsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>In the order of their names.</summary>
    /// <param name="tenant">Only its members; null: all.</param>
    /// <param name="after">The last name of the page before.</param>
    Task<IReadOnlyList<User>> ListAsync(string? tenant, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Changes the values that are not null. An empty e-mail address removes the address.</summary>
    /// <returns>False if there is no such user.</returns>
    Task<bool> ChangeAsync(
        Guid id, string? displayName, string? email, bool? isOperator, bool? enabled, CancellationToken cancellationToken);

    /// <summary>
    /// Sets the password, ends the user's sessions but one, and discards the sign-ins that browsers have begun at the issuer for the user.
    /// </summary>
    /// <param name="keep">The session that goes on, or null.</param>
    /// <param name="keepAccounts">False unlinks the user's accounts of an outside issuer.</param>
    Task SetPasswordAsync(Guid id, string password, Guid? keep, bool keepAccounts, CancellationToken cancellationToken);

    Task SignedInAsync(Guid id, CancellationToken cancellationToken);

    /// <param name="role">Null ends the membership, and with it the user's keys in the tenant and memberships in its team spaces.</param>
    Task SetRoleAsync(Guid id, string tenant, Role? role, CancellationToken cancellationToken);

    /// <summary>Removes the user with sessions, keys and memberships. Files stay, with the subject that made them.</summary>
    Task<bool> RemoveAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Whether a user exists who can sign in.</summary>
    Task<bool> HasUserAsync(CancellationToken cancellationToken);

    /// <summary>Whether a user exists who can sign in as an operator.</summary>
    Task<bool> HasOperatorAsync(CancellationToken cancellationToken);
}
