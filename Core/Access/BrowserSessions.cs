using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Access;

/// <summary>Starts, finds and ends browser sessions, and issues one-time sign-in links.</summary>
public sealed class BrowserSessions(IBrowserSessionLedger ledger, TimeProvider time)
{
    /// <summary>How long an unused session lives.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromDays(7);

    /// <summary>How long a session lives in total.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>How long a sign-in link is valid.</summary>
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(15);

    // A page that polls every second must not write a row every second.
    private static readonly TimeSpan UseIsNotedEvery = TimeSpan.FromMinutes(1);

    private const int TokenBytes = 32;
    private const int LongestToken = 64;

    /// <returns>The token. Only the browser keeps it.</returns>
    public async Task<string> StartAsync(Caller caller, CancellationToken cancellationToken)
    {
        var token = NewToken();
        await RestartAsync(token, caller, cancellationToken);
        return token;
    }

    /// <summary>Starts a new session for a browser that signs in again and keeps its token.</summary>
    public Task RestartAsync(string token, Caller caller, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var session = new BrowserSession(Guid.NewGuid(), caller.Tenant, caller.Subject, caller.Scopes, now, now, now + Lifetime);
        return ledger.SaveAsync(Hash(token), session, now - Lifetime, cancellationToken);
    }

    /// <summary>Null when the session has ended.</summary>
    public async Task<BrowserSession?> FindAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > LongestToken || await ledger.FindAsync(Hash(token), cancellationToken) is not { } session)
            return null;
        var now = time.GetUtcNow();
        if (now >= session.ExpiresAt || now >= session.UsedAt + IdleTime)
            return null;
        if (now >= session.UsedAt + UseIsNotedEvery)
            await ledger.UsedAsync(Hash(token), now, cancellationToken);
        return session;
    }

    public Task EndAsync(string token, CancellationToken cancellationToken) => ledger.RevokeAsync(Hash(token), cancellationToken);

    /// <returns>The token of a link that signs in one browser.</returns>
    public async Task<string> NewLinkAsync(CancellationToken cancellationToken)
    {
        var token = NewToken();
        await ledger.AddLinkAsync(Hash(token), time.GetUtcNow() + LinkLifetime, cancellationToken);
        return token;
    }

    public async Task<bool> UseLinkAsync(string token, CancellationToken cancellationToken) =>
        token.Length <= LongestToken && await ledger.UseLinkAsync(Hash(token), time.GetUtcNow(), cancellationToken);

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
