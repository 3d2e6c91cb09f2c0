namespace ChunkUpload.Core.Access;

/// <summary>
/// Stores browser sessions and one-time sign-in links under the SHA-256 of their tokens, so that nobody can sign in with a copy of the
/// ledger.
/// </summary>
public interface IBrowserSessionLedger
{
    /// <summary>
    /// Adds the session, or replaces the one that has this token. Removes rows that ended before <paramref name="forgetBefore"/>.
    /// </summary>
    Task SaveAsync(byte[] token, BrowserSession session, DateTimeOffset forgetBefore, CancellationToken cancellationToken);

    /// <summary>Returns null if there is no such session or it was revoked.</summary>
    Task<BrowserSession?> FindAsync(byte[] token, CancellationToken cancellationToken);

    /// <summary>Returns sessions, the newest first.</summary>
    /// <param name="user">Only the sessions of this user; null means all.</param>
    Task<IReadOnlyList<BrowserSession>> ListAsync(Guid? user, int limit, CancellationToken cancellationToken);

    /// <returns>False if there is no such session.</returns>
    /// <param name="user">Only a session of this user; null means any.</param>
    Task<bool> RevokeAsync(Guid id, Guid? user, CancellationToken cancellationToken);

    /// <summary>Switches the session to another tenant.</summary>
    Task ChooseTenantAsync(Guid id, string tenant, CancellationToken cancellationToken);

    Task UsedAsync(byte[] token, DateTimeOffset at, CancellationToken cancellationToken);

    Task RevokeAsync(byte[] token, CancellationToken cancellationToken);

    /// <param name="user">The user whose password the link sets; null if the link signs in as the operator.</param>
    Task AddLinkAsync(byte[] token, Guid? user, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>Returns null if the link does not exist, has expired, or was used.</summary>
    Task<SignInLink?> FindLinkAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Returns false if the link does not exist, has expired, or was used by another request.</summary>
    Task<bool> UseLinkAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Signs out every browser: removes all sessions and links. Keys that protect cookies and second factors are removed only if the
    /// secret that unwraps them is lost.
    /// </summary>
    Task<SessionsReset> ResetAsync(CancellationToken cancellationToken);

    /// <summary>Ends the sessions of the operator key that were opened with another operator key.</summary>
    /// <param name="key">The SHA-256 of the operator key.</param>
    Task EndOtherOperatorsAsync(byte[] key, CancellationToken cancellationToken);
}

/// <param name="User">The user whose password the link sets; null if the link signs in as the operator.</param>
public sealed record SignInLink(Guid? User);

public enum SessionsReset
{
    KeysKept,
    KeysRemoved,

    /// <summary>Nothing is reset: the secret is lost, but a running service protects new secrets with the keys that it unwrapped.</summary>
    KeysInUse,
}
