namespace ChunkUpload.Core.Access;

/// <summary>Stores which user each account of an external issuer belongs to, and the sign-ins that browsers have started there.</summary>
public interface IIdentityLedger
{
    /// <summary>Stores a sign-in that a browser has started. Removes those that have expired.</summary>
    Task BeginAsync(byte[] token, BegunSignIn begun, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Returns a started sign-in and removes it; null if it was taken before, has expired, or does not exist.</summary>
    Task<BegunSignIn?> TakeAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Returns the user to whom the account is linked, or null.</summary>
    Task<User?> FindAsync(IssuerAccount account, CancellationToken cancellationToken);

    /// <summary>Records that the account was used to sign in.</summary>
    Task UsedAsync(IssuerAccount account, CancellationToken cancellationToken);

    /// <summary>Links the account to a user.</summary>
    /// <returns>False if it is linked to another user.</returns>
    Task<bool> LinkAsync(Guid user, IssuerAccount account, CancellationToken cancellationToken);

    /// <summary>Adds a user with the account, in one transaction, unless the account is linked already.</summary>
    /// <param name="otherName">The user's name if <see cref="User.Name"/> is taken.</param>
    Task AddAsync(User user, string otherName, IssuerAccount account, CancellationToken cancellationToken);

    /// <summary>Returns the accounts of a user, in the order in which they were linked.</summary>
    Task<IReadOnlyList<LinkedAccount>> ListAsync(Guid user, CancellationToken cancellationToken);

    /// <summary>Removes the link. Refused for the last account of a user without a password, who could not sign in any more.</summary>
    Task<UnlinkOutcome> UnlinkAsync(Guid user, Guid id, CancellationToken cancellationToken);
}

/// <summary>An account at an external issuer.</summary>
/// <param name="Name">The issuer's display name for the account. Shown to people, never used for decisions.</param>
public sealed record IssuerAccount(string Issuer, string Subject, string? Name);

public sealed record LinkedAccount(Guid Id, IssuerAccount Account, DateTimeOffset LinkedAt, DateTimeOffset? UsedAt);

/// <summary>A sign-in that a browser has started at the issuer.</summary>
/// <param name="User">The signed-in user who links an account; null if the browser signs in.</param>
/// <param name="Link">The SHA-256 of the invitation that is accepted with the account; null if there is none.</param>
public sealed record BegunSignIn(Guid? User, byte[]? Link);

public enum UnlinkOutcome
{
    Removed = 1,
    NotFound,

    /// <summary>The user has no password and no other account.</summary>
    LastWayIn,
}
