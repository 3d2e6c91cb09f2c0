using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Access;

/// <summary>Starts, finds and ends browser sessions, and issues one-time sign-in links.</summary>
public sealed class BrowserSessions(IBrowserSessionLedger ledger, TimeProvider time)
{
    /// <summary>The time after which an unused session expires.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromDays(7);

    /// <summary>The maximum lifetime of a session.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>How long a sign-in link is valid.</summary>
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(15);

    /// <summary>How long an invitation is valid.</summary>
    public static readonly TimeSpan InvitationLifetime = TimeSpan.FromDays(7);

    /// <summary>The lifetime of a link for a new password that a user has requested by mail.</summary>
    public static readonly TimeSpan ResetLifetime = TimeSpan.FromHours(1);

    /// <summary>
    /// The maximum number of sessions of one user. A further one replaces the one that has been unused for the longest time.
    /// </summary>
    public const int MostOfUser = 20;

    // A page that polls every second must not write a row every second.
    private static readonly TimeSpan UseIsNotedEvery = TimeSpan.FromMinutes(1);

    private const int TokenBytes = 32;
    private const int LongestToken = 64;

    /// <param name="operatorKey">The SHA-256 of the operator key, for a session without a user: the session ends with the key.</param>
    /// <returns>The token. Only the browser keeps it.</returns>
    public async Task<string> StartAsync(
        string tenant, Guid? user, byte[]? operatorKey, BrowserOrigin origin, CancellationToken cancellationToken)
    {
        var token = NewToken();
        var now = time.GetUtcNow();
        var session = new BrowserSession(Guid.NewGuid(), tenant, user, origin, now, now, now + Lifetime) { OperatorKey = operatorKey };
        await ledger.SaveAsync(Hash(token), session, now - Lifetime, cancellationToken);
        return token;
    }

    /// <summary>Returns null if the session has ended.</summary>
    /// <param name="isUse">Whether the call counts as use and so extends the session: false for the service's own checks.</param>
    public async Task<BrowserSession?> FindAsync(string token, bool isUse, CancellationToken cancellationToken)
    {
        if (token.Length > LongestToken || await ledger.FindAsync(Hash(token), cancellationToken) is not { } session)
            return null;
        var now = time.GetUtcNow();
        if (!session.IsAliveAt(now))
            return null;
        if (!isUse || now < session.UsedAt + UseIsNotedEvery)
            return session;
        await ledger.UsedAsync(Hash(token), now, cancellationToken);
        return session with { UsedAt = now };
    }

    public Task EndAsync(string token, CancellationToken cancellationToken) => ledger.RevokeAsync(Hash(token), cancellationToken);

    /// <returns>The token of a link that signs in one browser as the operator.</returns>
    public Task<string> NewLinkAsync(CancellationToken cancellationToken) => NewLinkAsync(null, LinkLifetime, cancellationToken);

    /// <returns>The token of a link with which a user sets the first password, or replaces a forgotten one.</returns>
    public Task<string> NewLinkAsync(User user, CancellationToken cancellationToken) =>
        NewLinkAsync(user.Id, InvitationLifetime, cancellationToken);

    /// <returns>The token of a link for a new password, which a user has requested by mail.</returns>
    public Task<string> NewResetLinkAsync(User user, CancellationToken cancellationToken) =>
        NewLinkAsync(user.Id, ResetLifetime, cancellationToken);

    /// <summary>Returns null if the link was used or has expired.</summary>
    public async Task<SignInLink?> FindLinkAsync(string token, CancellationToken cancellationToken) =>
        token.Length <= LongestToken ? await ledger.FindLinkAsync(Hash(token), time.GetUtcNow(), cancellationToken) : null;

    /// <param name="token">The SHA-256 of the link's token.</param>
    public Task<SignInLink?> FindLinkAsync(byte[] token, CancellationToken cancellationToken) =>
        ledger.FindLinkAsync(token, time.GetUtcNow(), cancellationToken);

    public Task<bool> UseLinkAsync(string token, CancellationToken cancellationToken) => UseLinkAsync(Hash(token), cancellationToken);

    /// <param name="token">The SHA-256 of the link's token.</param>
    public Task<bool> UseLinkAsync(byte[] token, CancellationToken cancellationToken) =>
        ledger.UseLinkAsync(token, time.GetUtcNow(), cancellationToken);

    internal static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));

    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private async Task<string> NewLinkAsync(Guid? user, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var token = NewToken();
        await ledger.AddLinkAsync(Hash(token), user, time.GetUtcNow() + lifetime, cancellationToken);
        return token;
    }
}
