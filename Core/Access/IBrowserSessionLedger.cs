namespace ChunkUpload.Core.Access;

/// <summary>
/// Keeps browser sessions and one-time sign-in links, each under the SHA-256 of its token: a copy of the ledger signs nobody in.
/// </summary>
public interface IBrowserSessionLedger
{
    /// <summary>
    /// Adds the session, or replaces the one that has this token. Rows that ended before <paramref name="forgetBefore"/> go.
    /// </summary>
    Task SaveAsync(byte[] token, BrowserSession session, DateTimeOffset forgetBefore, CancellationToken cancellationToken);

    /// <summary>Null when there is none or it was revoked.</summary>
    Task<BrowserSession?> FindAsync(byte[] token, CancellationToken cancellationToken);

    Task UsedAsync(byte[] token, DateTimeOffset at, CancellationToken cancellationToken);

    Task RevokeAsync(byte[] token, CancellationToken cancellationToken);

    Task AddLinkAsync(byte[] token, DateTimeOffset expiresAt, CancellationToken cancellationToken);

    /// <summary>False when there is no such link, it has expired, or another request was quicker.</summary>
    Task<bool> UseLinkAsync(byte[] token, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Signs every browser out: removes all sessions, links and the keys that protect cookies.</summary>
    Task ResetAsync(CancellationToken cancellationToken);
}
