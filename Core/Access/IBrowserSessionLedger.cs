namespace ChunkUpload.Core.Access;

/// <summary>
/// Stores browser sessions and one-time sign-in links under the SHA-256 of their tokens, so that a copy of the ledger signs nobody in.
/// </summary>
public interface IBrowserSessionLedger
{
    /// <summary>
    /// Adds the session, or replaces the one that has this token. Removes rows that ended before <paramref name="forgetBefore"/>.
    /// </summary>
    Task SaveAsync(byte[] token, BrowserSession session, DateTimeOffset forgetBefore, CancellationToken cancellationToken);

    /// <summary>Null when there is no such session or it was revoked.</summary>
    Task<BrowserSession?> FindAsync(byte[] token, CancellationToken cancellationToken);

    Task UsedAsync(byte[] token, DateTimeOffset at, CancellationToken cancellationToken);

    Task RevokeAsync(byte[] token, CancellationToken cancellationToken);

    Task AddLinkAsync(byte[] token, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>False when the link does not exist, has expired, or was used by another request.</summary>
    Task<bool> UseLinkAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Signs out every browser: removes all sessions, links and cookie keys.</summary>
    Task ResetAsync(CancellationToken cancellationToken);
}
